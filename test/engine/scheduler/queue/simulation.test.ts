import process from 'node:process';
import {expect, test} from 'vitest';
import {History} from './history.ts';
import {Random} from './random.ts';

/** How many histories; `NIYANTA_HISTORIES=10000` for more. A number alone (`NIYANTA_HISTORY=17`) plays that one again. */
const count = Number(process.env.NIYANTA_HISTORIES ?? 2000);
const alone = process.env.NIYANTA_HISTORY;
const steps = 40;

test('in any history nothing is given out twice, and a queue that was told little by little decides like a new one', () => {
  const failed: string[] = [];
  for (const seed of alone === undefined ? Array.from({length: count}, (_, index) => index) : [Number(alone)]) {
    try {
      const history = new History(new Random(seed));
      for (let step = 0; step < steps; step += 1) history.step();
      history.settle();
    } catch (error) {
      failed.push(`NIYANTA_HISTORY=${seed}: ${(error as Error).message}`);
    }
  }
  expect(failed).toEqual([]);
}, 600_000);
