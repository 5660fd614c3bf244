import fc from 'fast-check';
import {expect, test} from 'vitest';
import {compareVersions} from '../../../../src/engine/coordinator/comparing/compare-versions.ts';
import {pickVariant} from '../../../../src/engine/coordinator/comparing/pick-variant.ts';
import {fisherExact, mannWhitney} from '../../../../src/engine/coordinator/comparing/significance.ts';

// Fisher's tea, dieting men and women, and two that are plain to count.
test.each([
  [3, 1, 1, 3, 0.4857],
  [1, 9, 11, 3, 0.002759],
  [10, 0, 0, 10, 1.083e-5],
  [5, 0, 0, 0, 1],
  [0, 0, 0, 0, 1],
])('of %d and %d against %d and %d the exact test says %d', (a, b, c, d, p) => {
  const found = fisherExact({succeeded: a, failed: b}, {succeeded: c, failed: d});
  expect(Math.abs(found - p) / p).toBeLessThan(1e-3);
});

test('the exact test is a probability, and the same both ways', () => {
  const counts = fc.record({succeeded: fc.nat(60), failed: fc.nat(60)});
  fc.assert(
    fc.property(counts, counts, (one, other) => {
      const p = fisherExact(one, other);
      expect(p).toBeGreaterThan(0);
      expect(p).toBeLessThanOrEqual(1);
      expect(fisherExact(other, one)).toBeCloseTo(p, 9);
    }),
  );
});

test('the rank test: the same are no different, others are; few say nothing', () => {
  const range = (from: number, count: number) => Array.from({length: count}, (_, index) => from + index);
  expect(mannWhitney(range(0, 7), range(0, 20))).toBeUndefined();
  expect(mannWhitney(Array(10).fill(5), Array(10).fill(5))).toBe(1);
  expect(mannWhitney(range(0, 20), range(0, 20))).toBeCloseTo(1, 5);
  const u = mannWhitney(range(1, 10), range(6, 10))!;
  expect(u).toBeCloseTo(mannWhitney(range(6, 10), range(1, 10))!, 9);
  expect(u).toBeLessThan(0.01);
  expect(mannWhitney(range(0, 20), range(100, 20))).toBeLessThan(1e-6);
});

test('a key always falls to the same variant, and keys in proportion to weights', () => {
  const counts = [0, 0, 0];
  for (let key = 0; key < 10_000; key++) {
    const index = pickVariant('report', `user-${key}`, [70, 30, 0]);
    expect(pickVariant('report', `user-${key}`, [70, 30, 0])).toBe(index);
    counts[index]! += 1;
  }
  expect(counts[2]).toBe(0);
  expect(counts[0]).toBeGreaterThan(6700);
  expect(counts[0]).toBeLessThan(7300);
});

test('versions are compared by how they end and how long they take', () => {
  const runs = (version: string | undefined, succeeded: number, failed: number, ms: number) => [
    ...Array.from({length: succeeded}, (_, index) => ({version, succeeded: true, durationMs: ms + index})),
    ...Array.from({length: failed}, () => ({version, succeeded: false, durationMs: 1})),
  ];
  const {versions, tests} = compareVersions([
    ...runs('1', 20, 1, 1000),
    ...runs('2', 9, 10, 5000),
    ...runs(undefined, 1, 0, 7),
  ]);
  expect(versions).toEqual([
    {version: '1', succeeded: 20, failed: 1, p50Ms: 1009, p95Ms: 1018},
    {version: '2', succeeded: 9, failed: 10, p50Ms: 5004, p95Ms: 5008},
    {succeeded: 1, failed: 0, p50Ms: 7, p95Ms: 7},
  ]);
  expect(tests!.success).toBeLessThan(0.01);
  expect(tests!.duration).toBeLessThan(0.001);
  expect(compareVersions(runs('1', 3, 0, 5))).toEqual({
    versions: [{version: '1', succeeded: 3, failed: 0, p50Ms: 6, p95Ms: 7}],
  });
  expect(compareVersions([])).toEqual({versions: []});
});
