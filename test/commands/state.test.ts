import {spawn} from 'node:child_process';
import {mkdtemp, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {openFileStore} from '../../src/engine/state/file-store.ts';
import type {LockFile} from '../../src/engine/state/lock-file.ts';
import {niyanta as niyantaIn, root} from './run-niyanta.ts';

let folder: string;
let lockFile: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'niyanta-command-'));
  lockFile = join(folder, 'niyanta.lock.json');
  const project = 'apiVersion: niyanta/v1\nkind: Project\nname: shop\nhosts:\n  me: {local: true}\n';
  await writeFile(join(folder, 'niyanta.yaml'), project);
});
afterEach(() => rm(folder, {recursive: true}));

const niyanta = (...args: string[]) => niyantaIn(['-C', folder, ...args]);
const entry = (serial: number) =>
  ({serial, at: '2026-01-02T03:04:05Z', who: 'me@here', action: 'apply', outcome: 'applied', summary: 'x'}) as const;
const withHistory = (lock: LockFile): LockFile => ({
  ...lock,
  environments: {
    default: {
      stack: 'shop',
      fence: 0,
      images: {},
      subnets: {},
      placements: {},
      stopped: [],
      history: [...(lock.environments.default?.history ?? []), entry(lock.serial + 1)],
    },
  },
});

test('lock status and release tell who holds an environment, and release asks first', async () => {
  expect(await niyanta('lock', 'status')).toMatchObject({code: 0, stdout: 'Environment default is free.\n'});
  const lease = await openFileStore(lockFile, 'shop').acquire('default', 'apply', {waitMs: 0});
  const {stdout} = await niyanta('lock', 'status', '--json');
  expect(JSON.parse(stdout)).toMatchObject({environment: 'default', holder: {id: lease.holder.id, pid: process.pid}});
  expect(await niyanta('lock', 'release')).toMatchObject({code: 3, stderr: expect.stringContaining('--yes')});
  expect(await niyanta('lock', 'status')).toMatchObject({stdout: expect.stringContaining('held by')});
  expect(await niyanta('lock', 'release', '--yes')).toMatchObject({code: 0});
  expect(await niyanta('lock', 'status')).toMatchObject({stdout: 'Environment default is free.\n'});
  await lease.release();
});

test('history lists the newest first, and as JSON', async () => {
  const store = openFileStore(lockFile, 'shop');
  for (const serial of [0, 1, 2]) await store.update(serial, withHistory);
  const {stdout} = await niyanta('history', '--limit', '2');
  expect(stdout.match(/^ *\d+/gm)?.map(Number)).toEqual([3, 2]);
  const json = JSON.parse((await niyanta('history', '--json')).stdout) as {history: {serial: number}[]};
  expect(json.history.map(({serial}) => serial)).toEqual([1, 2, 3]);
});

test('a lock file that was cut off is refused, and restored from the copies that are kept', async () => {
  const store = openFileStore(lockFile, 'shop');
  for (const serial of [0, 1, 2]) await store.update(serial, withHistory);
  await writeFile(lockFile, (await readFile(lockFile, 'utf8')).slice(0, 300));
  const refused = await niyanta('state', 'show');
  expect(refused).toMatchObject({code: 64, stderr: expect.stringContaining('niyanta state restore')});
  expect(await niyanta('state', 'restore')).toMatchObject({code: 3});
  const restored = await niyanta('state', 'restore', '--yes', '--json');
  expect(JSON.parse(restored.stdout)).toMatchObject({was: 2, serial: 4});
  const shown = JSON.parse((await niyanta('state', 'show', '--json')).stdout) as LockFile;
  expect(shown.environments.default?.history).toHaveLength(2);
});

test('a backup can be restored, and one of another project cannot', async () => {
  const store = openFileStore(lockFile, 'shop');
  await store.update(0, withHistory);
  const copy = join(folder, 'copy.json');
  expect(await niyanta('state', 'backup', copy)).toMatchObject({code: 0});
  await store.update(1, withHistory);
  expect(await niyanta('state', 'restore', copy, '--yes')).toMatchObject({code: 0});
  expect(await store.read()).toMatchObject({serial: 3, environments: {default: {history: [{serial: 1}]}}});
  await writeFile(copy, (await readFile(copy, 'utf8')).replace('"shop"', '"blog"'));
  expect(await niyanta('state', 'restore', copy, '--yes')).toMatchObject({code: 64});
  expect(await niyanta('state', 'restore', join(folder, 'none.json'), '--yes')).toMatchObject({code: 64});
  expect((await store.read()).serial).toBe(3);
});

test('a secret is taken from standard input, kept private, listed by name and never shown', async () => {
  const child = spawn(process.execPath, [join(root, 'bin/dev.js'), '-C', folder, 'secret', 'set', 'db_password']);
  let shown = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', text => (shown += text));
  child.stdin.end('hunter2-value\n');
  expect(await new Promise(resolve => child.on('close', resolve))).toBe(0);
  const listed = await niyanta('secret', 'ls', '--json');
  expect(JSON.parse(listed.stdout)).toEqual({secrets: [{name: 'db_password', origin: 'file'}]});
  expect(`${shown}${listed.stdout}${listed.stderr}`).not.toContain('hunter2');
  const file = join(folder, '.niyanta', 'secrets.yaml');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(file, 'utf8')).toBe('db_password: "hunter2-value"\n');
});
