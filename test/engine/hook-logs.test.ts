import {expect, test} from 'vitest';
import {hookLog} from '../../src/engine/hook-logs.ts';
import type {Session} from '../../src/engine/session.ts';

const begin = (run: string) => ({
  ...{type: 'begin', version: 1, run, at: '2026-01-01T00:00:00Z', who: 'me', action: 'apply', fence: 1, serial: 2},
  ...{images: {}, services: [], volumes: false, operations: [], before: []},
});
const finished = (operation: string, outcome: string, ...log: string[]) => ({
  ...{type: 'operation-finished', at: '2026-01-01T00:00:01Z', operation, outcome, durationMs: 5, log},
});
const journals: Record<string, object[]> = {
  newest: [begin('newest'), finished('container:h1:web-1', 'done')],
  older: [
    begin('older'),
    finished('hook:h1:migrate', 'failed', 'first'),
    finished('hook:h2:migrate', 'done', 'a', 'b'),
  ],
  oldest: [begin('oldest'), finished('hook:h1:migrate', 'done', 'long ago'), finished('hook:h1:warm', 'done')],
};
const session = {
  environment: 'default',
  store: {journal: {runs: async () => Object.keys(journals), read: async (_: string, run: string) => journals[run]}},
} as unknown as Session;

test('the log of a hook is that of its newest run', async () => {
  expect(await hookLog(session, 'migrate')).toMatchObject({
    run: 'older',
    host: 'h2',
    outcome: 'done',
    lines: ['a', 'b'],
  });
  expect(await hookLog(session, 'warm')).toMatchObject({run: 'oldest', lines: []});
});

test('one that ran in no kept change is told, with those that did', async () => {
  await expect(hookLog(session, 'migrat')).rejects.toMatchObject({
    code: 'unknown-hook',
    message: expect.stringContaining('did you mean "migrate"?'),
    hint: 'Hooks that did: migrate, warm',
  });
});
