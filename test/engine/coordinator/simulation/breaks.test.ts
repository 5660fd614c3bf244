import {expect, test} from 'vitest';
import {breaks} from './breaks.ts';
import {SqliteInMemory} from './sqlite-in-memory.ts';
import {Story} from './story.ts';

/** Some breaks do harm in one history of a hundred only. */
const most = 1500;
const sqlite = new SqliteInMemory();

test.each(breaks.map(each => [each.name, each] as const))('it is found when %s', async (_, broken) => {
  const said: string[] = [];
  for (let seed = 1; seed <= most && !said.some(each => broken.found.test(each)); seed += 1) {
    said.push(...(await new Story(seed, sqlite, broken).play()).violations);
    await new Promise(resolve => setImmediate(resolve));
  }
  expect(said).toContainEqual(expect.stringMatching(broken.found));
});
