import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {openFileStore} from '../../../src/engine/state/file-store.ts';
import {groupCommit} from '../../../src/engine/state/group-commit.ts';
import {parseRecords} from '../../../src/engine/state/journal.ts';
import {makeRunId} from '../../../src/engine/state/run-id.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'niyanta-journal-'));
});
afterEach(() => rm(folder, {recursive: true}));

test('a run is named so that names sort by time, and nothing else is taken for one', async () => {
  expect(makeRunId(new Date('2026-11-21T11:34:00.123Z'), '1a2b3c')).toBe('20261121T113400123Z-1a2b3c');
  expect(() => makeRunId(new Date(), '../x')).toThrow('no id of a run');
  const store = openFileStore(join(folder, 'niyanta.lock.json'), 'shop');
  await expect(store.journal.read('default', '../../secrets')).rejects.toThrow('no id of a run');
});

test.each([
  ['nothing', '', []],
  ['whole lines', '1\n{"a":2}\n', [1, {a: 2}]],
  ['a last line without its end', '1\n{"a":', [1]],
  ['a last line that only lacks its end', '1\n2', [1]],
  ['zeros, as some file systems leave', '1\n\0\0\0\n', [1]],
])('of a journal that holds %s, what is whole is read', (_, text, records) =>
  expect(parseRecords(text)).toEqual(records),
);

test('what an append left unfinished is cut off by the next, and does not run into it', async () => {
  const file = join(folder, 'niyanta.lock.json');
  const run = makeRunId(new Date(), '1a2b3c');
  const journal = join(folder, '.niyanta', 'niyanta.lock', 'journal', 'default', `${run}.jsonl`);
  const store = openFileStore(file, 'shop');
  const lease = await store.acquire('default', 'apply', {waitMs: 0});
  await store.journal.append('default', run, [{a: 'ü'}]);
  await writeFile(journal, `${await readFile(journal, 'utf8')}{"b":"ü`);
  expect(await store.journal.read('default', run)).toEqual([{a: 'ü'}]);
  await store.journal.append('default', run, [{c: 3}]);
  expect(await store.journal.read('default', run)).toEqual([{a: 'ü'}, {c: 3}]);
  await lease.release();
});

test('what is added while a write is under way is written together, in order; a failure reaches those in it', async () => {
  const writes: number[][] = [];
  const add = groupCommit<number>(async items => {
    await new Promise(resolve => setImmediate(resolve));
    if (items.includes(4)) throw new Error('disk full');
    writes.push([...items]);
  });
  const first = add([1]);
  await Promise.resolve();
  await Promise.resolve();
  const later = [add([2]), add([3])];
  await Promise.all([first, ...later]);
  expect(writes).toEqual([[1], [2, 3]]);
  await expect(add([4])).rejects.toThrow('disk full');
  await add([5]);
  expect(writes).toEqual([[1], [2, 3], [5]]);
});
