import {randomBytes} from 'node:crypto';
import {Readable} from 'node:stream';
import {buffer} from 'node:stream/consumers';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {checkpointKeeper, largestBlob} from '../../../../src/engine/coordinator/checkpoints/checkpoint-keeper.ts';
import {s3Place} from '../../../../src/engine/runtime/backup/s3-place.ts';
import {S3StandIn} from '../../runtime/backup/s3-stand-in.ts';
import {anAttempt, blobs} from '../types/attempts.ts';

let s3: S3StandIn;
let store: ReturnType<typeof blobs>;
beforeEach(async () => {
  s3 = await S3StandIn.start();
  store = blobs();
});
afterEach(() => s3.stop());

const storage = () => s3Place({...s3.access, endpoint: s3.endpoint, prefix: 'checkpoints'});
const keeper = (withStorage = true) => checkpointKeeper(store, withStorage ? storage() : undefined, () => 'name');
const attempt = anAttempt({});
const large = randomBytes(largestBlob + 5_000_000);
const tar = (content: Buffer) => Readable.from([content.subarray(0, 7), content.subarray(7)]);

test('a small checkpoint is kept compressed in the database, and comes back as it was', async () => {
  const content = Buffer.from('state '.repeat(10_000));
  const kept = await keeper().keep(attempt, tar(content));
  expect(kept).toMatchObject({place: {kind: 'blob'}, size: store.kept.get(kept.sha256)!.length});
  expect(kept.size).toBeLessThan(1000);
  expect(await buffer(await keeper().open(kept))).toEqual(content);
  expect(s3.objects.size).toBe(0);
});

test('a large one goes to the object storage, and comes back as it was', async () => {
  const kept = await keeper().keep(attempt, tar(large));
  expect(kept.place).toEqual({kind: 's3', key: `${attempt.workload.id}.1.name.tar.zst`});
  expect(store.kept.size).toBe(0);
  expect((await buffer(await keeper().open(kept))).equals(large)).toBe(true);
  await keeper().drop([kept]);
  expect(s3.objects.size).toBe(0);
});

test('a large one is refused where there is no object storage', async () => {
  await expect(keeper(false).keep(attempt, tar(large))).rejects.toMatchObject({
    code: 'checkpoint-too-large',
    message: expect.stringContaining('10MiB'),
  });
  expect(store.kept.size).toBe(0);
});

test.each([
  ['a bit flipped in the database', () => flip([...store.kept.values()][0]!), Buffer.from('small')],
  ['a bit flipped at the object storage', () => flip([...s3.objects.values()][0]!), large],
])('%s makes it corrupt before a byte of it is used', async (_, harm, content) => {
  const kept = await keeper().keep(attempt, tar(content));
  harm();
  await expect(keeper().open(kept)).rejects.toMatchObject({
    code: 'checkpoint-corrupt',
    message: 'its checksum is wrong',
    transient: false,
  });
});

test.each([
  ['the database', () => store.kept.clear(), Buffer.from('small')],
  ['the object storage', () => s3.objects.clear(), large],
])('content that is gone from %s is a corrupt checkpoint', async (where, harm, content) => {
  const kept = await keeper().keep(attempt, tar(content));
  harm();
  await expect(keeper().open(kept)).rejects.toMatchObject({
    code: 'checkpoint-corrupt',
    message: `its content is gone from ${where}`,
  });
});

test('one that was cut short says how much of it there is', async () => {
  const kept = await keeper().keep(attempt, tar(large));
  const [key, whole] = [...s3.objects][0]!;
  s3.objects.set(key, whole.subarray(0, 1000));
  await expect(keeper().open(kept)).rejects.toMatchObject({
    code: 'checkpoint-corrupt',
    message: `it has 1000 bytes instead of ${whole.length}`,
  });
});

test('an object storage that fails is no corrupt checkpoint: another try may help', async () => {
  const kept = await keeper().keep(attempt, tar(large));
  s3.refuse = () => 'AccessDenied';
  await expect(keeper().open(kept)).rejects.toMatchObject({code: 'checkpoint-storage-failed', transient: true});
  await expect(keeper().keep(attempt, tar(large))).rejects.toMatchObject({
    code: 'checkpoint-storage-failed',
    transient: true,
  });
  expect(s3.objects.size).toBe(1);
});

test.each([
  ['small', Buffer.from('small')],
  ['large', large],
])('a %s source that fails in the middle leaves nothing', async (_, content) => {
  async function* torn() {
    yield content;
    throw new Error('the host went away');
  }
  await expect(keeper().keep(attempt, Readable.from(torn()))).rejects.toThrow('the host went away');
  expect([s3.objects.size, s3.uploads.size, store.kept.size]).toEqual([0, 0, 0]);
});

const flip = (content: Uint8Array): void => {
  content[content.length >> 1]! ^= 1;
};
