import {afterEach, beforeEach, expect, test} from 'vitest';
import {listBackups, readBackup, storeBackup, tidyPlace} from '../../../../src/engine/runtime/backup/backup-store.ts';
import {s3Place} from '../../../../src/engine/runtime/backup/s3-place.ts';
import {all, cutOff, head, inPieces, noise, plain, storing} from './backups.ts';
import {S3StandIn} from './s3-stand-in.ts';

let s3: S3StandIn;
const place = (other: object = {}) =>
  s3Place({...s3.access, endpoint: s3.endpoint, prefix: 'p/s/default/data', ...other});
const store = (data: Buffer, id?: string) => storeBackup(place(), head(id), inPieces(data), {...storing, ...plain});

beforeEach(async () => {
  s3 = await S3StandIn.start();
});
afterEach(() => s3.stop());

test.each([
  ['in one piece', 100_000],
  ['in parts', 20_000_000],
])('a backup goes up %s and comes back', async (_, bytes) => {
  const data = noise(bytes);
  const manifest = await store(data);
  expect([...s3.objects.keys()]).toEqual([
    `p/s/default/data/${manifest.id}.backup`,
    `p/s/default/data/${manifest.id}.json`,
  ]);
  expect(await listBackups(place())).toEqual([manifest]);
  expect((await all(readBackup(place(), manifest, plain.open))).equals(data)).toBe(true);
  expect(s3.uploads.size).toBe(0);
});

test('lists that come in pages are read to their end', async () => {
  s3.page = 3;
  for (let day = 1; day <= 4; day++) await store(noise(10), `2026010${day}T030000Z-aaaaaa`);
  expect((await listBackups(place())).map(({id}) => id.slice(0, 8))).toEqual([
    '20260104',
    '20260103',
    '20260102',
    '20260101',
  ]);
});

test('a source that breaks off aborts its upload, and nothing is listed', async () => {
  const broken = new Error('cut');
  await expect(storeBackup(place(), head(), cutOff(noise(40_000_000), broken), {...storing, ...plain})).rejects.toBe(
    broken,
  );
  expect([s3.objects.size, s3.uploads.size]).toEqual([0, 0]);
});

test('a server that fills up in the middle is told as that, and its upload is aborted', async () => {
  s3.refuse = ({query}) => (query.get('partNumber') === '2' ? 'QuotaExceeded' : undefined);
  await expect(store(noise(20_000_000))).rejects.toMatchObject({code: 'backup-target-full'});
  expect([s3.objects.size, s3.uploads.size]).toEqual([0, 0]);
});

test('parts that a killed process left are aborted by the next one', async () => {
  s3.uploads.set('left', {key: 'p/s/default/data/20260101T030000Z-bbbbbb.backup', parts: new Map([[1, noise(10)]])});
  await tidyPlace(place());
  expect(s3.uploads.size).toBe(0);
});

test('a wrong key, and a server that is not there, are told with what they said', async () => {
  await expect(listBackups(place({secretAccessKey: 'wrong'}))).rejects.toMatchObject({
    code: 'backup-target-failed',
    message: expect.stringContaining('SignatureDoesNotMatch'),
  });
  const gone = place({endpoint: 'http://127.0.0.1:9'});
  await expect(listBackups(gone)).rejects.toMatchObject({code: 'backup-target-failed'});
});
