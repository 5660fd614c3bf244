import {expect, test} from 'vitest';
import {alone, count, playHistories} from './play-histories.ts';
import {SqliteInMemory} from './sqlite-in-memory.ts';
import {Story} from './story.ts';

test('whatever goes wrong, nothing that was acknowledged is lost, and nothing is done twice (the first half)', async () => {
  const [from, to] = alone === undefined ? [1, Math.ceil(count / 2)] : [alone, alone];
  expect(await playHistories(from, to)).toEqual([]);
}, 600_000);

test('the same seed tells the same history, to the letter', async () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const one = await new Story(seed, new SqliteInMemory()).play();
    const other = await new Story(seed, new SqliteInMemory()).play();
    expect(other.trace).toEqual(one.trace);
    expect(one.trace.length).toBeGreaterThan(5);
  }
});
