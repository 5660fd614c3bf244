import {chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {openFileStore} from '../../../src/engine/state/file-store.ts';
import {fileBackend} from './backends.ts';
import {describeStore} from './store-suite.ts';

describeStore('file');

describe('the lock file', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'niyanta-state-'));
    file = join(folder, 'niyanta.lock.json');
  });
  afterEach(() => rm(folder, {recursive: true}));

  test('keeps the mode that people gave it, and leaves no temporary file', async () => {
    const store = openFileStore(file, 'shop');
    await store.update(0, lock => lock);
    expect((await stat(file)).mode & 0o777).toBe(0o644);
    await chmod(file, 0o600);
    await store.update(1, lock => lock);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readdir(folder)).sort()).toEqual(['.niyanta', 'niyanta.lock.json']);
  });

  test('what must not be committed is ignored by git', async () => {
    await openFileStore(file, 'shop').update(0, lock => lock);
    expect(await readFile(join(folder, '.niyanta', '.gitignore'), 'utf8')).toBe('*\n');
  });

  test('the last ten are kept', async () => {
    const store = openFileStore(file, 'shop');
    for (let serial = 0; serial < 14; serial++) await store.update(serial, lock => lock);
    const kept = await readdir(join(folder, '.niyanta', 'niyanta.lock', 'backups'));
    expect(kept.map(name => Number.parseInt(name, 10)).sort((a, b) => a - b)).toEqual([
      4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
    ]);
    expect(
      JSON.parse(await readFile(join(folder, '.niyanta', 'niyanta.lock', 'backups', '13.json'), 'utf8')),
    ).toMatchObject({serial: 13});
  });

  test('a symbolic link stays one, and both names share one lease', async () => {
    const {location, remove} = await fileBackend.make();
    await symlink(location, file);
    const store = openFileStore(file, 'shop');
    await store.update(0, lock => lock);
    expect(await openFileStore(location, 'shop').read()).toMatchObject({serial: 1});
    const lease = await store.acquire('default', 'apply', {waitMs: 0});
    const other = openFileStore(location, 'shop').acquire('default', 'apply', {waitMs: 0});
    await expect(other).rejects.toMatchObject({code: 'lock-held'});
    await lease.release();
    expect(await readdir(dirname(location))).toContain('niyanta.lock.json');
    await remove();
  });

  test('reading changes nothing in it', async () => {
    const store = openFileStore(file, 'shop');
    await store.update(0, lock => lock);
    const before = await stat(file);
    await store.read();
    expect((await stat(file)).mtimeMs).toBe(before.mtimeMs);
  });

  test('two lock files in one folder have leases of their own', async () => {
    const one = await openFileStore(file, 'shop').acquire('default', 'apply', {waitMs: 0});
    const two = await openFileStore(join(folder, 'blog.json'), 'blog').acquire('default', 'apply', {waitMs: 0});
    await Promise.all([one.release(), two.release()]);
  });

  test('a clone that has the lock file alone can take a lease', async () => {
    await openFileStore(file, 'shop').update(0, lock => lock);
    await rm(join(folder, '.niyanta'), {recursive: true});
    const lease = await openFileStore(file, 'shop').acquire('default', 'apply', {waitMs: 0});
    await lease.release();
  });

  test('a lease file that is none is named, with what to do', async () => {
    const store = openFileStore(file, 'shop');
    await (await store.acquire('default', 'apply', {waitMs: 0})).release();
    const lease = join(folder, '.niyanta', 'niyanta.lock', 'leases', 'default.json');
    await writeFile(lease, '{"fence":');
    await expect(store.acquire('default', 'apply', {waitMs: 0})).rejects.toMatchObject({
      code: 'lease-file-invalid',
      message: expect.stringContaining(lease),
    });
  });

  test('of another project is refused', async () => {
    await openFileStore(file, 'shop').update(0, lock => lock);
    await expect(openFileStore(file, 'blog').read()).rejects.toMatchObject({
      code: 'lock-file-foreign',
      location: {file, line: 3},
    });
  });
});
