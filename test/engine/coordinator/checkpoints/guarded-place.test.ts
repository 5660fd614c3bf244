import {Readable} from 'node:stream';
import {expect, onTestFinished, test} from 'vitest';
import {guardPlace, type KeptPlace} from '../../../../src/engine/coordinator/checkpoints/guarded-place.ts';
import {targetFailed} from '../../../../src/engine/runtime/backup/backup-errors.ts';
import {s3Place} from '../../../../src/engine/runtime/backup/s3-place.ts';
import {S3StandIn} from '../../runtime/backup/s3-stand-in.ts';

const time = {nowMs: 0};
const clock = {monotonicMs: () => time.nowMs};

/** A place that answers as a test says. */
function placeOn() {
  let answer: () => Promise<unknown> = async () => undefined;
  let asked = 0;
  const ask = () => {
    asked += 1;
    return answer() as Promise<never>;
  };
  const place: KeptPlace = {label: 's3://bucket', write: ask, read: ask, remove: ask};
  return {
    place,
    asked: () => asked,
    answers: (next: () => Promise<unknown>) => {
      answer = next;
    },
  };
}

const down = () => Promise.reject(targetFailed('s3://bucket', 'write it', 'connect ECONNREFUSED'));
const noData = (async function* () {})();

test('after three failures in a row it is left alone for a while, then asked once', async () => {
  const on = placeOn();
  const {place, trouble} = guardPlace(on.place, clock);
  on.answers(down);
  for (let i = 0; i < 3; i++)
    await expect(place.write('a', noData)).rejects.toMatchObject({code: 'backup-target-failed'});
  expect(trouble()).toContain('ECONNREFUSED');
  await expect(place.write('a', noData)).rejects.toMatchObject({code: 'checkpoint-storage-failed', transient: true});
  expect(on.asked()).toBe(3);
  on.answers(async () => undefined);
  time.nowMs += 10_000;
  await place.write('a', noData);
  expect(trouble()).toBeUndefined();
  expect(on.asked()).toBe(4);
});

test('that there is no such object is an answer, and what ails the source is no fault of the storage', async () => {
  const on = placeOn();
  const {place, trouble} = guardPlace(on.place, clock);
  on.answers(() => Promise.reject(targetFailed('s3://bucket', 'read it', 'NoSuchKey')));
  for (let i = 0; i < 5; i++) await expect(place.read('a')).rejects.toMatchObject({message: /NoSuchKey/});
  on.answers(() => Promise.reject(new Error('the host went away')));
  for (let i = 0; i < 5; i++) await expect(place.write('a', noData)).rejects.toThrow('the host went away');
  expect(trouble()).toBeUndefined();
  expect(on.asked()).toBe(10);
});

test('a real storage fails and recovers: what asks meanwhile is refused at once, one tries after each rest, then all go on', async () => {
  const s3 = await S3StandIn.start();
  onTestFinished(() => s3.stop());
  const asked: string[] = [];
  const seen = (code?: string) => (request: {method: string}) => {
    asked.push(request.method);
    return code;
  };
  const storage = s3Place({...s3.access, endpoint: s3.endpoint, prefix: 'checkpoints'});
  const {place, trouble} = guardPlace(storage, clock);
  const write = (name: string) => place.write(name, Readable.from([Buffer.from(name)]));
  const refused = {code: 'checkpoint-storage-failed', transient: true};
  s3.refuse = seen('AccessDenied');
  for (const name of ['a', 'b', 'c']) await expect(write(name)).rejects.toMatchObject({message: /AccessDenied/});
  expect(asked).toHaveLength(3);
  await expect(write('d')).rejects.toMatchObject(refused);
  time.nowMs += 10_000;
  // It still fails: one more has tried, and it rests again.
  await expect(write('e')).rejects.toMatchObject({message: /AccessDenied/});
  await expect(write('f')).rejects.toMatchObject(refused);
  expect(asked).toHaveLength(4);
  s3.refuse = seen();
  time.nowMs += 10_000;
  await Promise.all(['g', 'h', 'i'].map(write));
  expect(trouble()).toBeUndefined();
  expect([...s3.objects.keys()].sort()).toEqual(['g', 'h', 'i'].map(name => `checkpoints/${name}`));
});
