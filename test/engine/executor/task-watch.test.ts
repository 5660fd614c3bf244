import {expect, test} from 'vitest';
import {TaskWatch} from '../../../src/engine/executor/task-watch.ts';
import type {Connection, Output} from '../../../src/engine/hosts/connection.ts';

/** Answers each question with the next text, and counts. */
function scripted(answers: readonly string[]): {connection: Connection; asked: () => number} {
  let asked = 0;
  const run = async (): Promise<Output> => ({
    code: 0,
    stdout: answers[Math.min(asked++, answers.length - 1)]!,
    stderr: '',
  });
  return {connection: {host: 'h1', run} as unknown as Connection, asked: () => asked};
}

const listing = (...ids: string[]) => `TASK PID STATUS\n${ids.map(id => `${id} 1 RUNNING`).join('\n')}\n`;

test('those who wait at the same time ask a host once', async () => {
  let now = 1000;
  const {connection, asked} = scripted([listing('a', 'b')]);
  const watch = new TaskWatch(connection, () => now);
  const [one, two] = await Promise.all([watch.states(900), watch.states(950)]);
  expect(one.get('a')?.running).toBe(true);
  expect(two.get('b')?.running).toBe(true);
  expect(asked()).toBe(1);
  now += 151;
  await watch.states(900);
  expect(asked()).toBe(2);
});

test('an answer from before a container was started does not count for it', async () => {
  let now = 1000;
  const {connection, asked} = scripted([listing('a'), listing('a', 'b')]);
  const watch = new TaskWatch(connection, () => now);
  expect((await watch.states(900)).has('b')).toBe(false);
  now += 20;
  expect((await watch.states(1010)).get('b')?.running).toBe(true);
  expect(asked()).toBe(2);
});
