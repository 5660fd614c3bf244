import {execFileSync} from 'node:child_process';
import {mkdtemp, readdir, readFile, rm, rmdir, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {openFileStore} from '../../src/engine/state/file-store.ts';

// A file system that is really full: a small tmpfs. Mounting it takes root.
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'niyanta-full-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'niyanta-test', folder]);
});
afterEach(async () => {
  execFileSync('umount', [folder]);
  await rmdir(folder);
});

test('a full disk is told as such, keeps the lock file as it was, and writing goes on once there is room', async () => {
  const file = join(folder, 'niyanta.lock.json');
  const store = openFileStore(file, 'shop');
  const written = await store.update(0, lock => lock);
  const before = await readFile(file, 'utf8');
  const ballast = join(folder, 'ballast');
  await fill(ballast);

  await expect(store.update(1, lock => lock)).rejects.toMatchObject({
    code: 'disk-full',
    exit: 1,
    message: expect.stringContaining(file),
  });
  expect(await readFile(file, 'utf8')).toBe(before);
  expect(await store.read()).toEqual(written);
  expect((await readdir(folder)).sort()).toEqual(['.niyanta', 'ballast', 'niyanta.lock.json']);

  await rm(ballast);
  expect((await store.update(1, lock => lock)).serial).toBe(2);
});

test('on a full disk nobody gets a lease, and it is told why', async () => {
  const store = openFileStore(join(folder, 'niyanta.lock.json'), 'shop');
  await store.update(0, lock => lock);
  const ballast = join(folder, 'ballast');
  await fill(ballast);
  await expect(store.acquire('default', 'apply', {waitMs: 0})).rejects.toMatchObject({code: 'disk-full'});
  await rm(ballast);
  const lease = await store.acquire('default', 'apply', {waitMs: 0});
  await lease.release();
});

/** Writes until nothing more fits. */
async function fill(file: string): Promise<void> {
  await expect(writeFile(file, Buffer.alloc(1024 * 1024))).rejects.toMatchObject({code: 'ENOSPC'});
}
