import {createHash, randomBytes} from 'node:crypto';
import {Readable} from 'node:stream';
import {buffer} from 'node:stream/consumers';
import {expect, onTestFinished, test} from 'vitest';
import {z} from 'zod';
import {largestBlob} from '../../../../src/engine/coordinator/checkpoints/checkpoint-keeper.ts';
import {lentS3} from '../../../../src/engine/runtime/backup/lent-s3.ts';
import {S3StandIn} from '../../runtime/backup/s3-stand-in.ts';
import {natsServer} from './harness/nats-server.ts';
import {natsStage, type StagedAgent} from './harness/nats-stage.ts';

const patient = {timeout: 40_000};
const large = randomBytes(largestBlob + 2_000_000);
const mine = {placement: {require: {mine: 'yes'}, prefer: [], avoid: [], beside: []}};

/** A workload that runs on w1; the storage is known to coordinators alone. */
async function stored({configured = true} = {}) {
  const s3 = await S3StandIn.start();
  onTestFinished(() => s3.stop());
  const lent = lentS3({...s3.access, endpoint: s3.endpoint, prefix: 'checkpoints'});
  const on = await natsStage(await natsServer(), configured ? {lent} : {});
  await on.coordinator();
  const w1 = await on.agent('w1', {labels: {mine: 'yes'}});
  const id = await on.submit('report', mine);
  await expect.poll(() => on.state(id), patient).toBe('RUNNING');
  const keep = (agent: StagedAgent, content = large) =>
    agent.keeper.keep({workload: agent.worker.row(id) ?? w1.worker.row(id)!, attempt: 1}, Readable.from([content]));
  /** As an attempt tells of one. */
  const told = async (kept: Awaited<ReturnType<typeof keep>>, number = 1) =>
    w1.store.addCheckpoint({...kept, number, why: 'own', ...w1.worker.ref(id)!}, 3);
  return {s3, lent, on, id, w1, keep, told};
}

test('a worker without a key writes a checkpoint of 12 MB to the object storage, and reads it back', async () => {
  const {s3, on, id, w1, keep, told} = await stored();
  const kept = await keep(w1);
  expect(kept.size).toBeGreaterThan(largestBlob);
  expect([...s3.objects.keys()]).toEqual([expect.stringMatching(`^checkpoints/${id}\\.1\\..*\\.tar\\.zst$`)]);
  expect(s3.uploads.size).toBe(0);
  expect(await told(kept)).toMatchObject({outcome: 'counted'});
  const [row] = await on.store.checkpoints('everyone', id);
  expect((await buffer(await w1.keeper.open(row!))).equals(large)).toBe(true);
});

test('a storage that cannot be reached from the worker, or answers nonsense, says nothing against a checkpoint', async () => {
  const {s3, w1, keep, told} = await stored();
  const kept = await keep(w1);
  await told(kept);
  const failed = {code: 'checkpoint-storage-failed', transient: true};
  s3.refuse = () => 'InternalError';
  await expect(w1.keeper.open(kept)).rejects.toMatchObject(failed);
  await expect(keep(w1)).rejects.toMatchObject(failed);
  s3.refuse = () => undefined;
  s3.ahead = 3600;
  await expect(w1.keeper.open(kept)).rejects.toMatchObject(failed);
  s3.ahead = 0;
  await s3.stop();
  const away = await w1.keeper.open(kept).catch((error: Error) => error);
  expect(away).toMatchObject(failed);
  expect(String(away)).not.toMatch(/X-Amz|Signature/);
});

test('what came damaged is corrupt, and so is what is gone', async () => {
  const {s3, w1, keep, told} = await stored();
  const kept = await keep(w1);
  await told(kept);
  const [key, content] = [...s3.objects][0]!;
  s3.objects.set(key, Buffer.concat([content.subarray(0, -1), Buffer.from([content.at(-1)! ^ 1])]));
  await expect(w1.keeper.open(kept)).rejects.toMatchObject({code: 'checkpoint-corrupt', message: /checksum/});
  s3.objects.clear();
  await expect(w1.keeper.open(kept)).rejects.toMatchObject({code: 'checkpoint-corrupt', message: /gone/});
});

test('without an object storage a large one is refused, and one that was kept in one is not read, nor damaged', async () => {
  const {on, id, w1, keep} = await stored({configured: false});
  await expect(keep(w1)).rejects.toMatchObject({code: 'checkpoint-too-large'});
  const place = {kind: 's3', key: `${id}.1.earlier.tar.zst`} as const;
  const row = {number: 1, size: 1, sha256: '0'.repeat(64), why: 'own', place} as const;
  await w1.store.addCheckpoint({...row, ...w1.worker.ref(id)!}, 3);
  await expect(w1.keeper.open(row)).rejects.toMatchObject({code: 'checkpoint-storage-failed', transient: true});
  expect(await on.store.checkpoints('everyone', id)).toMatchObject([{number: 1}]);
});

test("a worker gets at no other's checkpoint, and cannot say that one is its own", async () => {
  const {s3, lent, on, id, w1, keep, told} = await stored();
  const kept = await keep(w1);
  await told(kept);
  const w2 = await on.agent('w2', {labels: {mine: 'no'}});
  const own = await on.submit('other', {placement: {...mine.placement, require: {mine: 'no'}}});
  await expect.poll(() => on.state(own), patient).toBe('RUNNING');
  const refused = {message: /that no attempt on it needs/};
  await expect(w2.keeper.open(kept)).rejects.toMatchObject(refused);
  const {place} = kept as {place: {key: string}};
  const [ours, theirs] = [w2.worker.ref(own)!, w1.worker.ref(id)!];
  const strings = z.string();
  for (const of of [ours, theirs])
    await expect(w2.store.ask({kind: 'upload', of, name: place.key}, strings)).rejects.toMatchObject(refused);
  const upload = await lent.begin(place.key);
  await expect(
    w2.store.ask({kind: 'upload-done', of: ours, name: place.key, upload, etags: ['"x"']}, strings),
  ).rejects.toMatchObject(refused);
  // Not even through a row of its own: whatever is dropped with it would be removed.
  const stolen = {...kept, number: 1, why: 'own', ...ours} as const;
  expect(await w2.store.addCheckpoint(stolen, 1)).toMatchObject({outcome: 'fenced'});
  expect(await on.store.checkpoints('everyone', own)).toEqual([]);
  expect(s3.objects.size).toBe(1);
});

test('an upload that is completed twice is there once; another content than the signed one is not taken', async () => {
  const {s3, lent} = await stored();
  const name = 'a.1.b.tar.zst';
  const upload = await lent.begin(name);
  const content = Buffer.from('some content');
  const sha256 = '0'.repeat(64);
  const {url, method, headers} = await lent.part(name, upload, {number: 1, sha256});
  expect((await fetch(url, {method, headers, body: content})).status).toBe(403);
  const right = await lent.part(name, upload, {number: 1, sha256: createHash('sha256').update(content).digest('hex')});
  const answer = await fetch(right.url, {method: right.method, headers: right.headers, body: content});
  const etags = [answer.headers.get('etag')!];
  await lent.complete(name, upload, etags);
  await lent.complete(name, upload, etags);
  expect(s3.objects.get(`checkpoints/${name}`)).toEqual(content);
  await expect(lent.complete('other', upload, etags)).rejects.toMatchObject({code: 'backup-target-failed'});
});
