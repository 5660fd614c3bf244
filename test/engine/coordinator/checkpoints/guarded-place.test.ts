import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {guardPlace} from '../../../../src/engine/coordinator/checkpoints/guarded-place.ts';
import {targetFailed} from '../../../../src/engine/runtime/backup/backup-errors.ts';
import type {BackupPlace} from '../../../../src/engine/runtime/backup/backup-place.ts';

beforeEach(() => void vi.useFakeTimers({toFake: ['Date']}));
afterEach(() => void vi.useRealTimers());

/** A place that answers as a test says. */
function placeOn() {
  let answer: () => Promise<unknown> = async () => undefined;
  let asked = 0;
  const ask = () => {
    asked += 1;
    return answer() as Promise<never>;
  };
  const place: BackupPlace = {label: 's3://bucket', names: ask, write: ask, read: ask, remove: ask, tidy: ask};
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
  const {place, trouble} = guardPlace(on.place, 10_000);
  on.answers(down);
  for (let i = 0; i < 3; i++)
    await expect(place.write('a', noData)).rejects.toMatchObject({code: 'backup-target-failed'});
  expect(trouble()).toContain('ECONNREFUSED');
  await expect(place.write('a', noData)).rejects.toMatchObject({code: 'checkpoint-storage-failed', transient: true});
  expect(on.asked()).toBe(3);
  on.answers(async () => undefined);
  vi.setSystemTime(Date.now() + 10_001);
  await place.write('a', noData);
  expect(trouble()).toBeUndefined();
  expect(on.asked()).toBe(4);
});

test('that there is no such object is an answer, and what ails the source is no fault of the storage', async () => {
  const on = placeOn();
  const {place, trouble} = guardPlace(on.place);
  on.answers(() => Promise.reject(targetFailed('s3://bucket', 'read it', 'NoSuchKey')));
  for (let i = 0; i < 5; i++) await expect(place.read('a')).rejects.toMatchObject({message: /NoSuchKey/});
  on.answers(() => Promise.reject(new Error('the host went away')));
  for (let i = 0; i < 5; i++) await expect(place.write('a', noData)).rejects.toThrow('the host went away');
  expect(trouble()).toBeUndefined();
  expect(on.asked()).toBe(10);
});
