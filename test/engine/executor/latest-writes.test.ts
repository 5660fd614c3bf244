import {expect, test} from 'vitest';
import {LatestWrites} from '../../../src/engine/executor/latest-writes.ts';

/** Writes of what `latest` is, by a clock that goes on only while somebody sleeps. */
function writing(restMs: number) {
  const written: string[] = [];
  let clock = 0;
  const state = {latest: 0, fails: false};
  const writes = new LatestWrites(
    async host => {
      if (state.fails) throw new Error('refused');
      written.push(`${host} ${state.latest} at ${clock}`);
    },
    {
      ms: restMs,
      now: () => clock,
      sleep: async ms => {
        clock += ms;
      },
    },
  );
  return {writes, written, state, pass: (ms: number) => (clock += ms)};
}

test('the first is written at once; what comes within the rest is written together after it', async () => {
  const {writes, written, state} = writing(250);
  const all: Promise<void>[] = [];
  for (let n = 1; n <= 5; n += 1) {
    state.latest = n;
    all.push(writes.to('h1'));
  }
  await Promise.all(all);
  expect(written).toEqual(['h1 1 at 0', 'h1 5 at 250']);
});

test('one that comes later does not wait, and another host waits for nobody', async () => {
  const {writes, written, pass} = writing(250);
  await writes.to('h1');
  pass(100);
  await writes.to('h2');
  await writes.to('h1');
  pass(1000);
  await writes.to('h1');
  expect(written).toEqual(['h1 0 at 0', 'h2 0 at 100', 'h1 0 at 250', 'h1 0 at 1250']);
});

test('after one that failed there is no rest, so that what it changed is put back at once', async () => {
  const {writes, written, state} = writing(250);
  state.fails = true;
  await expect(writes.to('h1')).rejects.toThrow('refused');
  state.fails = false;
  await writes.to('h1');
  expect(written).toEqual(['h1 0 at 0']);
});
