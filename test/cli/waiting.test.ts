import {expect, test} from 'vitest';
import {waitingNotes} from '../../src/cli/waiting.ts';

test('one who waits hears at once of a new holder or place, and of progress only now and then', () => {
  let now = 0;
  const heard: string[] = [];
  const tell = waitingNotes(
    text => heard.push(text),
    () => now,
  );
  const since = '2026-03-10T11:59:00Z';
  const holder = (id: string, done: number) => ({
    id,
    owner: id,
    machine: 'm',
    pid: 1,
    since,
    expires: since,
    reason: 'apply',
    fence: 1,
    progress: {done, total: 9, at: since},
  });
  tell(holder('ann', 1), 2);
  now = 4000;
  tell(holder('ann', 2), 2);
  tell(holder('ann', 2), 1);
  now = 15_000;
  tell(holder('ann', 5), 1);
  tell(holder('bob', 0), 1);
  expect(heard.map(text => text.replace(/ \(.*?, (\d) of 9\)/, ' $1'))).toEqual([
    'waiting for ann 1; in line: place 2',
    'waiting for ann 2; in line: next',
    'waiting for ann 5; in line: next',
    'waiting for bob 0; in line: next',
  ]);
});
