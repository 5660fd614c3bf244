import {mkdtemp, readdir, readFile, rm, truncate, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {generateIdentity, identityToRecipient} from 'age-encryption';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {BackupManifest} from '../../../../src/engine/runtime/backup/backup-manifest.ts';
import {
  listBackups,
  readBackup,
  recordVerified,
  removeBackup,
  storeBackup,
  tidyPlace,
} from '../../../../src/engine/runtime/backup/backup-store.ts';
import {folderPlace} from '../../../../src/engine/runtime/backup/folder-place.ts';
import type {OpenKey, SealKey} from '../../../../src/engine/runtime/backup/seal.ts';
import {all, cutOff, head, inPieces, noise, plain, storing} from './backups.ts';

let folder: string;
const place = () => folderPlace(join(folder, 'backups'));
const store = (data: Buffer, key: SealKey = plain.key): Promise<BackupManifest> =>
  storeBackup(place(), head(), inPieces(data), {...storing, key});
const fileOf = ({id}: BackupManifest): string => join(folder, 'backups', `${id}.backup`);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'niyanta-backup-'));
});
afterEach(() => rm(folder, {recursive: true, force: true}));

describe('what was stored comes back, byte for byte', () => {
  test.each([0, 1, 300_000])('%d bytes, without a key', async bytes => {
    const data = noise(bytes);
    const manifest = await store(data);
    expect(manifest).toMatchObject({bytes, encryption: 'none'});
    expect(await listBackups(place())).toEqual([manifest]);
    expect((await all(readBackup(place(), manifest, plain.open))).equals(data)).toBe(true);
  });

  test('with a passphrase, and nothing of it is to be read without', async () => {
    const data = Buffer.from('the same text over and over. '.repeat(5000));
    const manifest = await store(data, {kind: 'passphrase', passphrase: 'correct horse'});
    expect((await readFile(fileOf(manifest))).includes('the same text')).toBe(false);
    const right = {kind: 'passphrase', passphrase: 'correct horse'} as const;
    expect((await all(readBackup(place(), manifest, right))).equals(data)).toBe(true);
    const wrong = {kind: 'passphrase', passphrase: 'wrong horse'} as const;
    await expect(all(readBackup(place(), manifest, wrong))).rejects.toMatchObject({code: 'backup-key-wrong'});
  });

  test('for several recipients, each of whom can read it alone', async () => {
    const identities = await Promise.all([generateIdentity(), generateIdentity(), generateIdentity()]);
    const [first, second] = await Promise.all(identities.map(identityToRecipient));
    const data = noise(200_000);
    const manifest = await store(data, {kind: 'recipients', recipients: [first!, second!]});
    const as = (index: number): OpenKey => ({kind: 'identities', identities: [identities[index]!]});
    for (const index of [0, 1]) expect((await all(readBackup(place(), manifest, as(index)))).equals(data)).toBe(true);
    await expect(all(readBackup(place(), manifest, as(2)))).rejects.toMatchObject({code: 'backup-key-wrong'});
  });
});

describe('a stored byte that changed is found', () => {
  test.each(['without a key', 'encrypted'])('%s, wherever it is', async how => {
    const identity = await generateIdentity();
    const recipients = [await identityToRecipient(identity)];
    const key: SealKey = how === 'encrypted' ? {kind: 'recipients', recipients} : plain.key;
    const open: OpenKey = how === 'encrypted' ? {kind: 'identities', identities: [identity]} : plain.open;
    const manifest = await store(noise(150_000), key);
    const good = await readFile(fileOf(manifest));
    for (const at of [5, 70, Math.floor(good.length / 2), good.length - 1]) {
      const bad = Buffer.from(good);
      bad[at]! ^= 1;
      await writeFile(fileOf(manifest), bad);
      const error = await all(readBackup(place(), manifest, open)).catch((reason: Error & {code: string}) => reason);
      expect((error as {code?: string}).code, `byte ${at}`).toBe('backup-corrupt');
    }
  });

  test('and one whose end is missing', async () => {
    const manifest = await store(noise(150_000));
    await truncate(fileOf(manifest), 100_000);
    await expect(all(readBackup(place(), manifest, plain.open))).rejects.toMatchObject({code: 'backup-corrupt'});
  });
});

describe('half a backup is never listed', () => {
  test('a source that breaks off leaves nothing', async () => {
    const broken = new Error('the connection was lost');
    const storingBroken = storeBackup(place(), head(), cutOff(noise(300_000), broken), {...storing, ...plain});
    await expect(storingBroken).rejects.toBe(broken);
    expect(await listBackups(place())).toEqual([]);
    expect(await readdir(join(folder, 'backups'))).toEqual([]);
  });

  test('what a killed process left is not listed, and the next one removes it', async () => {
    const manifest = await store(noise(10));
    const names = ['20260102T030000Z-bbbbbb.backup', '20260103T030000Z-cccccc.backup.partial', 'notes.txt'];
    for (const name of names) await writeFile(join(folder, 'backups', name), 'half');
    expect(await listBackups(place())).toEqual([manifest]);
    await tidyPlace(place());
    expect((await readdir(join(folder, 'backups'))).sort()).toEqual([
      `${manifest.id}.backup`,
      `${manifest.id}.json`,
      'notes.txt',
    ]);
  });

  test('a manifest that is cut off, or without data, is none', async () => {
    const manifest = await store(noise(10));
    const file = join(folder, 'backups', `${manifest.id}.json`);
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.slice(0, 100));
    expect(await listBackups(place())).toEqual([]);
    await writeFile(file, text);
    await rm(fileOf(manifest));
    expect(await listBackups(place())).toEqual([]);
  });
});

test('what a check found is kept beside the backup, and a removed one is gone', async () => {
  const manifest = await store(noise(10));
  const verified = {at: '2026-01-01T04:00:00.000Z', ok: true, detail: '42'};
  await recordVerified(place(), manifest, verified);
  expect(await listBackups(place())).toEqual([{...manifest, verified}]);
  await removeBackup(place(), manifest.id);
  expect(await readdir(join(folder, 'backups'))).toEqual([]);
});

test('a place that cannot be written to says so', async () => {
  await writeFile(join(folder, 'backups'), 'a file, not a folder');
  await expect(store(noise(10))).rejects.toMatchObject({code: 'backup-target-failed'});
});
