import fc from 'fast-check';
import {expect, test} from 'vitest';
import {beginningAt, LiveUsage} from '../../../../src/engine/scheduler/queue/live-usage.ts';
import {addUsage, decayed, runningUsage} from '../../../../src/engine/scheduler/queue/usage.ts';
import {attempt, hour, minute} from './given.ts';

test('use is halved each half-life, and a clock that goes back leaves it alone', () => {
  const before = {used: 800, usedAt: 10 * hour};
  const at = [10, 11, 12, 5].map(hours => decayed(before, hours * hour, hour));
  expect(at).toEqual([800, 400, 200, 800]);
});

test('an attempt counts by the cores that it reserves, one when it reserves none', () => {
  const none = {used: 0, usedAt: 0};
  const span = {startedAt: 0, endedAt: minute};
  const [two, unsaid] = [{cpu: 2}, {}].map(resources => addUsage(none, resources, span, 1000 * hour).used);
  expect(two).toBeCloseTo(120, 2);
  expect(unsaid).toBeCloseTo(60, 2);
});

test('an attempt that has run for ever has used its cores for a half-life, about one and a half times', () => {
  expect(runningUsage(1, 1000 * hour, hour)).toBeCloseTo(3600 / Math.LN2, 6);
});

test('what runs is counted as if each attempt were looked at, in whatever order they came and went', () => {
  const anyAttempt = fc.record({
    cpu: fc.constantFrom(0, 0.25, 1, 64),
    startedAt: fc.integer({min: 0, max: 400 * hour}),
    gone: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(anyAttempt, {maxLength: 30}), fc.integer({min: 1, max: 48}), (some, halfLifeHours) => {
      const halfLifeMs = halfLifeHours * hour;
      const now = 400 * hour;
      const attempts = some.map(({cpu, startedAt}, at) => attempt(at, 'h1', {startedAt, shape: {resources: {cpu}}}));
      const [first, second] = [
        new LiveUsage(beginningAt(now, halfLifeMs)),
        new LiveUsage(beginningAt(now, halfLifeMs)),
      ];
      for (const each of attempts) first.add(each, 1);
      for (const each of [...attempts].reverse()) second.add(each, 1);
      for (const [at, each] of attempts.entries()) if (some[at]!.gone) first.add(each, -1);
      for (const [at, each] of attempts.entries()) if (some[at]!.gone) second.add(each, -1);
      const left = attempts.filter((_, at) => !some[at]!.gone);
      const expected = left.reduce(
        (sum, {shape, startedAt}) => sum + runningUsage(shape.resources.cpu || 1, now + minute - startedAt, halfLifeMs),
        0,
      );
      expect(first.by(now, minute)).toBe(second.by(now, minute));
      // Weights are rounded to a millionth of a core, which is worth less than a core-second each.
      expect(Math.abs(first.by(now, minute) - expected)).toBeLessThan(1 + 0.5 * attempts.length);
    }),
  );
});
