import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {decide, freshMemory, type Look, type ScaleMemory} from '../../../../src/engine/scheduler/autoscale/decide.ts';
import type {Measurement} from '../../../../src/engine/scheduler/autoscale/measurement.ts';
import type {ScaleRule} from '../../../../src/engine/spec/scale.ts';

const rule = (more: Partial<ScaleRule> = {}): ScaleRule => ({
  min: 1,
  max: 10,
  cooldown: {upMs: 15_000, downMs: 300_000},
  tolerance: 0.1,
  windowMs: 60_000,
  ...more,
});
const total = (figure: Measurement['figure'], value: number, unknown = 0): Measurement => ({
  figure,
  total: value,
  unknown,
});
const long = 1_000_000;

describe('after all rests', () => {
  test.each<[string, Partial<ScaleRule>, number, readonly Measurement[], number, string]>([
    ['load above the target adds', {cpu: 70}, 3, [total('cpu', 276)], 4, 'cpu 92 % of 70 % a replica: 3 → 4'],
    ['load near the target changes nothing', {cpu: 70}, 3, [total('cpu', 225)], 3, 'cpu 75 % of 70 % a replica'],
    ['load below the target removes', {cpu: 70}, 3, [total('cpu', 100)], 2, 'cpu 33.3 % of 70 % a replica: 3 → 2'],
    ['no load at all leaves min', {cpu: 70, min: 2}, 6, [total('cpu', 0)], 2, 'cpu 0 % of 70 % a replica: 6 → 2'],
    ['never more than max', {cpu: 70, max: 4}, 3, [total('cpu', 3000)], 4, 'cpu 1000 % of 70 % a replica: 3 → 4'],
    [
      'requests count together',
      {requests: 50},
      2,
      [total('requests', 160)],
      4,
      'requests 160/s of 50/s a replica: 2 → 4',
    ],
    [
      'an exact multiple is not one more',
      {requests: 50},
      2,
      [total('requests', 150)],
      3,
      'requests 150/s of 50/s a replica: 2 → 3',
    ],
    [
      'the figure that wants most decides',
      {cpu: 50, memory: 50},
      2,
      [total('cpu', 10), total('memory', 200)],
      4,
      'memory 100 % of 50 % a replica: 2 → 4',
    ],
    [
      'a queue wakes a service without replicas',
      {min: 0, queue: {labels: {}, perReplica: 10}},
      0,
      [total('queue', 1)],
      1,
      'queue 1 waiting of 10 a replica: 0 → 1',
    ],
    [
      'an empty queue takes the last replica',
      {min: 0, queue: {labels: {}, perReplica: 10}},
      1,
      [total('queue', 0)],
      0,
      'queue 0 waiting of 10 a replica: 1 → 0',
    ],
    [
      'a figure that failed removes nothing',
      {cpu: 70},
      3,
      [{figure: 'cpu', failed: 'h1 is away'}],
      3,
      'stays: cpu is not known: h1 is away',
    ],
    [
      'a figure that is missing removes nothing',
      {cpu: 70, memory: 50},
      3,
      [total('cpu', 1)],
      3,
      'stays: memory is not known',
    ],
    [
      'nor does one that some replicas lack',
      {cpu: 70},
      3,
      [total('cpu', 30, 1)],
      3,
      'stays: cpu of 1 of 3 replicas is not known',
    ],
    [
      'but others may add',
      {cpu: 70, requests: 50},
      3,
      [{figure: 'cpu', failed: 'h1 is away'}, total('requests', 400)],
      8,
      'requests 400/s of 50/s a replica: 3 → 8',
    ],
    ['below a new min at once', {cpu: 70, min: 5}, 3, [], 5, 'min is 5: 3 → 5'],
    ['above a new max at once', {cpu: 70, max: 2}, 3, [], 2, 'max is 2: 3 → 2'],
  ])('%s', (_, more, replicas, measurements, wanted, reason) => {
    const decision = decide(rule(more), {at: long, replicas, measurements}, freshMemory(0));
    expect([decision.replicas, decision.reason]).toEqual([wanted, reason]);
  });
});

describe('rests', () => {
  const look = (at: number, replicas: number, cpu: number): Look => ({at, replicas, measurements: [total('cpu', cpu)]});

  test('more waits for cooldown.up, fewer for cooldown.down', () => {
    const justNow = freshMemory(long - 1000);
    expect(decide(rule({cpu: 70}), look(long, 2, 400), justNow)).toMatchObject({
      replicas: 2,
      reason: 'cpu 200 % of 70 % a replica: 6 wanted, in 14s',
    });
    expect(decide(rule({cpu: 70}), look(long, 2, 10), justNow)).toMatchObject({
      replicas: 2,
      reason: 'cpu 5 % of 70 % a replica: 1 wanted, in 299s',
    });
  });

  test('a load that comes and goes within the window removes nothing; the highest of the window counts', () => {
    let memory: ScaleMemory = freshMemory(0);
    const play = (at: number, cpu: number) => {
      const decision = decide(rule({cpu: 70}), look(at, 4, cpu), memory);
      memory = decision.memory;
      return decision.replicas;
    };
    expect(play(long, 280)).toBe(4);
    expect(play(long + 30_000, 200)).toBe(4);
    expect(play(long + 59_000, 70)).toBe(4);
    expect(play(long + 61_000, 70)).toBe(3);
  });

  test('what is remembered does not grow', () => {
    let memory: ScaleMemory = freshMemory(0);
    for (let at = 0; at < 10_000; at += 10) memory = decide(rule({cpu: 70}), look(at, 4, at % 280), memory).memory;
    expect(memory.wanted.length).toBeLessThanOrEqual(10);
  });
});

describe('whatever happens', () => {
  const figures = ['cpu', 'memory', 'requests', 'queue'] as const;
  const rules = fc
    .record({
      min: fc.integer({min: 0, max: 5}),
      more: fc.integer({min: 0, max: 20}),
      upMs: fc.integer({min: 0, max: 60_000}),
      downMs: fc.integer({min: 0, max: 600_000}),
      tolerance: fc.integer({min: 0, max: 50}).map(percent => percent / 100),
      windowMs: fc.integer({min: 0, max: 600_000}),
      targets: fc.subarray([...figures], {minLength: 1}),
      target: fc.integer({min: 1, max: 100}),
    })
    .map(({min, more, upMs, downMs, tolerance, windowMs, targets, target}): ScaleRule => {
      const has = (name: (typeof figures)[number]) => targets.includes(name);
      return {
        min,
        max: Math.max(1, min + more),
        cooldown: {upMs, downMs},
        tolerance,
        windowMs,
        ...(has('cpu') && {cpu: target}),
        ...(has('memory') && {memory: target}),
        ...(has('requests') && {requests: target}),
        ...(has('queue') && {queue: {labels: {}, perReplica: target}}),
      };
    });
  const measurement = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({total: fc.float({min: 0, max: 3000, noNaN: true}), unknown: fc.constantFrom(0, 0, 0, 1)}),
    },
    {weight: 1, arbitrary: fc.constant({failed: 'away'})},
  );
  const rounds = fc.array(
    fc.record({
      waitMs: fc.integer({min: 1, max: 120_000}),
      said: fc.tuple(measurement, measurement, measurement, measurement),
    }),
    {maxLength: 40},
  );
  const measurementsOf = (said: readonly object[]): Measurement[] =>
    said.map((each, index) => ({figure: figures[index]!, ...each}) as Measurement);

  test('it stays between min and max, rests after each change, and never shrinks on what is not known', () => {
    fc.assert(
      fc.property(rules, rounds, fc.integer({min: 0, max: 30}), (scale, played, begin) => {
        let memory = freshMemory(0);
        let [at, replicas, changedAt] = [0, begin, 0];
        for (const {waitMs, said} of played) {
          at += waitMs;
          const measurements = measurementsOf(said);
          const decision = decide(scale, {at, replicas, measurements}, memory);
          expect(decision.replicas).toBeGreaterThanOrEqual(scale.min);
          expect(decision.replicas).toBeLessThanOrEqual(scale.max);
          const within = replicas >= scale.min && replicas <= scale.max;
          if (within && decision.replicas > replicas)
            expect(at - changedAt).toBeGreaterThanOrEqual(scale.cooldown.upMs);
          if (within && decision.replicas < replicas) {
            expect(at - changedAt).toBeGreaterThanOrEqual(scale.cooldown.downMs);
            const asked = measurements.filter(({figure}) => scale[figure] !== undefined);
            expect(asked.every(each => 'total' in each && each.unknown === 0)).toBe(true);
          }
          if (decision.replicas !== replicas) changedAt = at;
          ({replicas, memory} = decision);
        }
      }),
      {numRuns: 500},
    );
  });

  test('more load never means fewer replicas', () => {
    const load = fc.float({min: 0, max: 3000, noNaN: true});
    fc.assert(
      fc.property(
        rules,
        fc.integer({min: 0, max: 25}),
        load,
        load,
        fc.integer({min: 0, max: long}),
        (scale, replicas, a, b, at) => {
          const [less, more] = [Math.min(a, b), Math.max(a, b)];
          const wantedAt = (load: number) =>
            decide(scale, {at, replicas, measurements: figures.map(figure => total(figure, load))}, freshMemory(0))
              .replicas;
          expect(wantedAt(more)).toBeGreaterThanOrEqual(wantedAt(less));
        },
      ),
      {numRuns: 1000},
    );
  });
});
