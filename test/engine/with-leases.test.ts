import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {openFileStore} from '../../src/engine/state/file-store.ts';
import {withLeases} from '../../src/engine/with-leases.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'niyanta-leases-'));
});
afterEach(() => rm(folder, {recursive: true}));

const open = () => openFileStore(join(folder, 'niyanta.lock.json'), 'shop');
const waiting = () => ({lockWaitMs: 0, onWait: () => undefined, signal: new AbortController().signal});

test('all are held while it goes on, and none afterwards', async () => {
  const store = open();
  const held = await withLeases({store}, 'gc', ['_gc', 'default', 'staging'], waiting(), async leases => {
    expect([...leases.values()].map(({holder}) => holder.reason)).toEqual(['gc', 'gc', 'gc']);
    return (await open().holders()).map(({environment}) => environment);
  });
  expect(held.sort()).toEqual(['_gc', 'default', 'staging']);
  expect(await open().holders()).toEqual([]);
});

test('an environment that someone is at work on ends it before it begins, and the others are given back', async () => {
  const other = await open().acquire('default', 'apply', {waitMs: 0});
  let begun = false;
  const attempt = withLeases({store: open()}, 'gc', ['_gc', 'default', 'staging'], waiting(), async () => {
    begun = true;
  });
  await expect(attempt).rejects.toMatchObject({code: 'lock-held', exit: 4});
  expect(begun).toBe(false);
  expect((await open().holders()).map(({environment}) => environment)).toEqual(['default']);
  await other.release();
});

test('they are given back when it fails, which is told as it is', async () => {
  const store = open();
  const failing = withLeases({store}, 'gc', ['_gc'], waiting(), () => Promise.reject(new Error('no')));
  await expect(failing).rejects.toThrow('no');
  expect(await store.holders()).toEqual([]);
});
