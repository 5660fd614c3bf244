import {expect, test} from 'vitest';
import {count, playHistories} from './play-histories.ts';

// In a file of its own, which another core takes.
test('whatever goes wrong, nothing that was acknowledged is lost, and nothing is done twice (the second half)', async () => {
  expect(await playHistories(Math.ceil(count / 2) + 1, count)).toEqual([]);
}, 600_000);
