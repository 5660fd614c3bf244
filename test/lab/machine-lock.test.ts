import {setTimeout as sleep} from 'node:timers/promises';
import {expect, test} from 'vitest';
import {withMachineLock} from '../../src/engine/lab/machine-lock.ts';

// Longer than a socket's address may be, as paths are.
const name = `test/${process.pid}/${'x'.repeat(200)}`;

test('only one is inside a lock at a time', async () => {
  let inside = 0;
  let most = 0;
  const work = () =>
    withMachineLock(name, async () => {
      most = Math.max(most, ++inside);
      await sleep(5);
      inside--;
    });
  await Promise.all([work(), work(), work(), work()]);
  expect(most).toBe(1);
});

test('a lock is free again when the work failed', async () => {
  await expect(withMachineLock(name, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await withMachineLock(name, async () => 'in')).toBe('in');
});
