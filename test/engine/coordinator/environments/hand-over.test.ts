import {expect, test} from 'vitest';
import {handOver} from '../../../../src/engine/coordinator/environments/hand-over.ts';

const never = new AbortController().signal;

test('each value is handed over in order, and who tells waits until it was taken', async () => {
  const order: string[] = [];
  const values = handOver<number>(never, async take => {
    for (const value of [1, 2]) {
      await take(value);
      order.push(`told ${value}`);
    }
  });
  for await (const value of values) order.push(`took ${value}`);
  expect(order).toEqual(['took 1', 'told 1', 'took 2', 'told 2']);
});

test('a failure comes after what was told before', async () => {
  const took: number[] = [];
  const reading = (async () => {
    const values = handOver<number>(never, async take => {
      await take(1);
      throw new Error('away');
    });
    for await (const value of values) took.push(value);
  })();
  await expect(reading).rejects.toThrow('away');
  expect(took).toEqual([1]);
});

test.each(['stops', 'is aborted'])('when the reader %s, who tells is told so and ends', async how => {
  const abort = new AbortController();
  let ended: AbortSignal | undefined;
  const values = handOver<number>(abort.signal, async (take, signal) => {
    ended = signal;
    for (let value = 1; !signal.aborted; value++) await take(value);
  });
  for await (const value of values) {
    if (how === 'is aborted') abort.abort();
    else if (value === 3) break;
  }
  expect(ended?.aborted).toBe(true);
});
