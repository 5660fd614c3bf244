import {expect, test} from 'vitest';
import {type FollowSource, followWorkloads} from '../../../src/cli/workloads/follow-workloads.ts';
import type {LogLine} from '../../../src/engine/coordinator/log-line.ts';
import type {WorkloadNow} from '../../../src/engine/view/workload-view.ts';

const at = (name: string, state: string, attempt = 0): WorkloadNow => ({id: name, name, state, attempt});
const lineOf = (text: string): LogLine => ({id: text, at: '', stream: 'stdout', text, attempt: 1});

/** Looks that follow each other; the last one stays. Logs end when they are told to. */
function scripted(looks: readonly (readonly WorkloadNow[])[], logs: FollowSource['lines'] = async function* () {}) {
  const told: string[] = [];
  let look = 0;
  const source: FollowSource = {
    look: async () => looks[Math.min(look++, looks.length - 1)]!,
    changed: async () => {},
    lines: logs,
  };
  const listener = {
    onChange: async ({name, state}: WorkloadNow) => void told.push(`${name} ${state}`),
    onLine: async ({name}: WorkloadNow, {text}: LogLine) => void told.push(`${name}: ${text}`),
    onSilent: ({name}: WorkloadNow, error: unknown) => void told.push(`${name}! ${(error as Error).message}`),
    interrupt: {signal: new AbortController().signal, cancel: async () => {}},
  };
  return {told, source, listener};
}

test('each change is told once, an end after the last line of its log', async () => {
  const {promise: printed, resolve: print} = Promise.withResolvers<void>();
  const {told, source, listener} = scripted(
    [[at('a', 'PENDING')], [at('a', 'PENDING')], [at('a', 'RUNNING', 1)], [at('a', 'SUCCEEDED', 1)]],
    async function* () {
      yield lineOf('one');
      await printed;
      yield lineOf('two');
    },
  );
  const following = followWorkloads(source, listener);
  await expect.poll(() => told.at(-1)).toBe('a: one');
  print();
  expect(await following).toEqual([at('a', 'SUCCEEDED', 1)]);
  expect(told).toEqual(['a PENDING', 'a RUNNING', 'a: one', 'a: two', 'a SUCCEEDED']);
});

test('a log that cannot be read keeps nobody from its end', async () => {
  const {told, source, listener} = scripted([[at('a', 'FAILED', 1)]], async function* () {
    yield lineOf('one');
    throw new Error('its host is gone');
  });
  await followWorkloads(source, listener);
  expect(told).toEqual(['a: one', 'a! its host is gone', 'a FAILED']);
});

test('Ctrl-C cancels once, and the end is waited for', async () => {
  const ctrlC = new AbortController();
  const {told, source, listener} = scripted([[at('a', 'RUNNING', 1)]]);
  let state = 'RUNNING';
  let cancels = 0;
  const cancel = async (): Promise<void> => {
    cancels += 1;
    setImmediate(() => (state = 'CANCELLED'));
  };
  const following = followWorkloads(
    {...source, look: async () => [at('a', state, 1)], changed: () => new Promise(resolve => setImmediate(resolve))},
    {...listener, interrupt: {signal: ctrlC.signal, cancel}},
  );
  ctrlC.abort();
  expect(await following).toEqual([at('a', 'CANCELLED', 1)]);
  expect([cancels, told]).toEqual([1, ['a RUNNING', 'a CANCELLED']]);
});
