import fc from 'fast-check';
import {expect, test} from 'vitest';
import {TokenBucket} from '../../../../src/engine/coordinator/access/token-bucket.ts';
import {TokenBuckets} from '../../../../src/engine/coordinator/access/token-buckets.ts';

test('so many at once, then so many a second', () => {
  const bucket = new TokenBucket({perSecond: 10, burst: 3}, 0);
  expect([1, 2, 3, 4].map(() => bucket.take(0).allowed)).toEqual([true, true, true, false]);
  expect(bucket.take(50)).toMatchObject({allowed: false, waitMs: 50});
  expect(bucket.take(100)).toMatchObject({allowed: true, remaining: 0});
});

test('never more than its burst and its rate allow, whatever the times are', () => {
  const steps = fc.array(fc.integer({min: 0, max: 500}), {minLength: 1, maxLength: 200});
  fc.assert(
    fc.property(steps, fc.integer({min: 1, max: 50}), fc.integer({min: 1, max: 20}), (gaps, perSecond, burst) => {
      const bucket = new TokenBucket({perSecond, burst}, 0);
      let [now, allowed] = [0, 0];
      for (const gap of gaps) {
        now += gap;
        if (bucket.take(now).allowed) allowed++;
        expect(allowed).toBeLessThanOrEqual(burst + (now * perSecond) / 1000 + 1e-6);
      }
    }),
  );
});

test('who waits as long as it is told gets one', () => {
  fc.assert(
    fc.property(fc.integer({min: 1, max: 1000}), fc.integer({min: 1, max: 20}), (perSecond, burst) => {
      const bucket = new TokenBucket({perSecond, burst}, 0);
      while (bucket.take(0).allowed);
      const {waitMs} = bucket.take(0);
      expect(bucket.take(waitMs + 1e-6).allowed).toBe(true);
    }),
  );
});

test('a clock that goes back gives nothing', () => {
  const bucket = new TokenBucket({perSecond: 1, burst: 1}, 1000);
  expect(bucket.take(1000).allowed).toBe(true);
  expect(bucket.take(0).allowed).toBe(false);
  expect(bucket.take(1500).allowed).toBe(false);
});

test('names from outside do not grow for ever, and those in use are kept', () => {
  const buckets = new TokenBuckets(100);
  const rate = {perSecond: 0.001, burst: 2};
  buckets.take('guesser', rate, 0, 2);
  for (let index = 0; index < 99; index++) buckets.take(`once${index}`, rate, 0, 0);
  buckets.take('new', rate, 0);
  expect(buckets.take('guesser', rate, 0).allowed).toBe(false);
});
