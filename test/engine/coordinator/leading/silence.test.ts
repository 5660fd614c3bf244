import {expect, test} from 'vitest';
import {
  type Condition,
  conditionOf,
  looksLikePartition,
  PerMinute,
} from '../../../../src/engine/coordinator/leading/silence.ts';
import {StartBreaker} from '../../../../src/engine/coordinator/leading/start-breaker.ts';

const silence = {beatMs: 2000, suspectMs: 5000, lostMs: 10_000};

test.each([
  [0, 'well'],
  [4999, 'well'],
  [5000, 'suspect'],
  [9999, 'suspect'],
  [10_000, 'lost'],
] as const)('silent for %i ms is %s', (ms, condition) => expect(conditionOf(ms, silence)).toBe(condition));

const workers = (...conditions: readonly Condition[]) =>
  new Map(conditions.map((condition, index) => [`h${index}`, condition]));

test.each([
  ['the only one', workers('lost'), false],
  ['one of two', workers('lost', 'well'), false],
  ['both', workers('lost', 'lost'), true],
  ['one of three', workers('suspect', 'well', 'well'), false],
  ['two of three', workers('suspect', 'lost', 'well'), true],
  ['none', workers('well', 'well', 'well'), false],
  ['nobody there', workers(), false],
])('silent: %s looks like a partition of our own: %s', (_, conditions, looks) =>
  expect(looksLikePartition(conditions, {share: 0.5, perMinute: 10}) !== undefined).toBe(looks),
);

test('so many a minute, and no more for having waited', () => {
  const rate = new PerMinute(10, 0);
  expect(rate.take(25, 0)).toBe(10);
  expect(rate.take(25, 5999)).toBe(0);
  expect(rate.take(25, 6001)).toBe(1);
  expect(rate.take(3, 3_600_000)).toBe(3);
  expect(rate.take(25, 3_600_000)).toBe(7);
});

test('five failed starts in a row and a worker rests, longer each time; one that works ends it', () => {
  const breaker = new StartBreaker();
  for (let i = 0; i < 4; i += 1) breaker.failed('h1', 'disk full', 0);
  expect(breaker.open('h1', 0)).toBeUndefined();
  breaker.failed('h1', 'disk full', 0);
  expect(breaker.open('h1', 0)).toBe('rests after 5 failed starts: disk full');
  expect(breaker.open('h2', 0)).toBeUndefined();
  expect(breaker.open('h1', 30_000)).toBeUndefined();
  breaker.failed('h1', 'disk full', 30_000);
  expect(breaker.open('h1', 89_999)).toBe('rests after 6 failed starts: disk full');
  expect(breaker.open('h1', 90_000)).toBeUndefined();
  breaker.started('h1');
  breaker.failed('h1', 'disk full', 90_000);
  expect(breaker.open('h1', 90_000)).toBeUndefined();
});
