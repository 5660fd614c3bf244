import {expect, test} from 'vitest';
import {Slots} from '../../../src/engine/hosts/slots.ts';

test('no more enter than there are places, and who waits enters in order', async () => {
  const slots = new Slots(2);
  const entered: number[] = [];
  const leaves: (() => void)[] = [];
  const all = [1, 2, 3, 4].map(async n => {
    const leave = await slots.take();
    entered.push(n);
    leaves.push(leave);
  });
  await Promise.all(all.slice(0, 2));
  expect(entered).toEqual([1, 2]);
  leaves[0]!();
  await all[2];
  expect(entered).toEqual([1, 2, 3]);
  leaves[1]!();
  await all[3];
  expect(entered).toEqual([1, 2, 3, 4]);
});

test('a place given back twice is one place', async () => {
  const slots = new Slots(1);
  const leave = await slots.take();
  leave();
  leave();
  await slots.take();
  const third = slots.take();
  expect(await Promise.race([third, Promise.resolve('waits')])).toBe('waits');
});

test('who gives up waiting is passed over', async () => {
  const slots = new Slots(1);
  const leave = await slots.take();
  const controller = new AbortController();
  const gaveUp = slots.take(controller.signal);
  const patient = slots.take();
  controller.abort(new Error('enough'));
  await expect(gaveUp).rejects.toThrow('enough');
  leave();
  expect(await patient).toBeTypeOf('function');
  await expect(slots.take(AbortSignal.abort(new Error('late')))).rejects.toThrow('late');
});
