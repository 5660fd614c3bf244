import {expect, test} from 'vitest';
import {systemClock} from '../../../src/engine/coordinator/clock.ts';
import {guardStore} from '../../../src/engine/coordinator/guarded-store.ts';
import type {Store} from '../../../src/engine/coordinator/store/store.ts';
import {OutsideError, UserError} from '../../../src/engine/spec/errors.ts';

const storeThat = (now: () => Promise<number>) => ({kind: 'sqlite', now, close: async () => {}}) as unknown as Store;

test('a database that fails again and again is left alone, and callers are told at once', async () => {
  let asked = 0;
  const {store, trouble} = guardStore(
    storeThat(async () => {
      asked += 1;
      throw new Error('connect ECONNREFUSED');
    }),
    systemClock,
  );
  for (let i = 0; i < 5; i += 1) await expect(store.now()).rejects.toThrow('ECONNREFUSED');
  await expect(store.now()).rejects.toMatchObject({code: 'database-unavailable', transient: true});
  expect(asked).toBe(5);
  expect(trouble()).toBe('does not answer: connect ECONNREFUSED');
});

test.each([
  ['a refusal of what was asked', new UserError({code: 'unknown-workload', message: 'no'})],
  ['a refusal of a former leader', new OutsideError({code: 'not-leading', message: 'no'})],
])('%s is an answer', async (_, error) => {
  const {store, trouble} = guardStore(
    storeThat(() => Promise.reject(error)),
    systemClock,
  );
  for (let i = 0; i < 20; i += 1) await expect(store.now()).rejects.toBe(error);
  expect(trouble()).toBeUndefined();
});

test('it answers again: all is well again', async () => {
  let down = true;
  let nowMs = 0;
  const answering = storeThat(async () => (down ? Promise.reject(new Error('down')) : 7));
  const {store, trouble} = guardStore(answering, {monotonicMs: () => nowMs});
  for (let i = 0; i < 5; i += 1) await expect(store.now()).rejects.toThrow('down');
  down = false;
  nowMs = 999;
  await expect(store.now()).rejects.toMatchObject({code: 'database-unavailable'});
  nowMs = 1000;
  expect(await store.now()).toBe(7);
  expect(trouble()).toBeUndefined();
});
