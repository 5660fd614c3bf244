import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {attempt, customer, hour, minute, order, queueOf, type Settings, worker, workload} from './given.ts';

const one = [worker('h1', {capacity: {cpu: 1}})];
const wide = [worker('h1', {capacity: {cpu: 100}})];
const unfair: Settings = {fairShare: {points: 0}};

describe('who comes first', () => {
  const tiers = [
    customer('free', {tier: 'free'}),
    customer('std', {tier: 'standard'}),
    customer('top', {tier: 'premium'}),
  ];

  test.each([
    ['in order of acceptance', [workload(2), workload(1), workload(3)], 'w1 w2 w3'],
    ['by priority', [workload(1, {priority: 20}), workload(2, {priority: 80})], 'w2 w1'],
    [
      'by tier',
      [workload(1, {customer: 'free'}), workload(2, {customer: 'std'}), workload(3, {customer: 'top'})],
      'w3 w2 w1',
    ],
    [
      'priority against tier',
      [workload(1, {customer: 'std', priority: 20}), workload(2, {customer: 'free', priority: 75})],
      'w2 w1',
    ],
    ['unknown tiers last', [workload(1, {customer: 'who'}), workload(2, {customer: 'std'})], 'w2 w1'],
  ])('%s', (_, queued, expected) => {
    expect(order(queueOf({workers: wide, customers: tiers, queued, settings: unfair}).round(10))).toBe(expected);
  });

  test('age counts, up to its cap', () => {
    const settings: Settings = {...unfair, aging: {points: 40, fullAfterMs: hour, longestMs: Number.POSITIVE_INFINITY}};
    const first = (now: number, late: number) =>
      order(
        queueOf({
          workers: one,
          queued: [workload(1, {priority: 30, acceptedAt: 0}), workload(2, {priority: 60, acceptedAt: late})],
          settings,
        }).round(now),
      );
    expect(first(30 * minute, 30 * minute)).toBe('w2');
    expect(first(50 * minute, 50 * minute)).toBe('w1');
    // Both are as old as age counts.
    expect(first(9 * hour, 2 * hour)).toBe('w2');
  });

  test('who has waited longer than anybody should goes before everybody', () => {
    const queue = queueOf({
      workers: one,
      customers: tiers,
      queued: [
        workload(1, {customer: 'free', priority: 0, acceptedAt: 0}),
        workload(2, {customer: 'top', priority: 100}),
      ],
      settings: {aging: {longestMs: hour}},
    });
    expect(queue.why('w1', hour).points).toMatchObject({overdue: true});
    expect(queue.why('w2', hour).points).toMatchObject({overdue: false});
    expect(order(queue.round(hour))).toBe('w1');
  });
});

describe('fair share', () => {
  const two = [customer('a'), customer('b')];
  const each = (count: number, of: string, from: number) =>
    Array.from({length: count}, (_, index) => workload(from + index, {customer: of, acceptedAt: 0}));

  test('customers of the same share take turns, whoever came first', () => {
    const queued = [...each(50, 'a', 1), ...each(50, 'b', 51)];
    const started = order(
      queueOf({workers: [worker('h1', {capacity: {cpu: 20}})], customers: two, queued}).round(0),
    ).split(' ');
    expect(started.filter(id => Number(id.slice(1)) > 50)).toHaveLength(10);
  });

  test('a share of three gets three times as much', () => {
    const queued = [...each(50, 'a', 1), ...each(50, 'b', 51)];
    const customers = [customer('a', {share: 1}), customer('b', {share: 3})];
    const started = order(queueOf({workers: [worker('h1', {capacity: {cpu: 40}})], customers, queued}).round(0)).split(
      ' ',
    );
    expect(started.filter(id => Number(id.slice(1)) > 50)).toHaveLength(30);
  });

  test('what was used is halved each half-life', () => {
    const points = (usedAt: number) =>
      queueOf({
        workers: one,
        customers: [customer('a', {used: 1000, usedAt}), customer('b', {used: 1000, usedAt: 10 * hour})],
        queued: [workload(1, {customer: 'a'}), workload(2, {customer: 'b'})],
        settings: {fairShare: {points: 100, halfLifeMs: hour}},
      }).why('w1', 10 * hour).points!.fairShare;
    // Of all used lately a half, a third, a fifth; its share is a half.
    expect(points(10 * hour)).toBeCloseTo(100 * 2 ** -1, 6);
    expect(points(9 * hour)).toBeCloseTo(100 * 2 ** (-2 / 3), 6);
    expect(points(8 * hour)).toBeCloseTo(100 * 2 ** (-2 / 5), 6);
  });

  test('what runs counts as it runs', () => {
    const running = [attempt(9, 'h1', {customer: 'a', shape: {resources: {cpu: 10}}})];
    const queued = [workload(1, {customer: 'a'}), workload(2, {customer: 'b'})];
    const of = (now: number) =>
      queueOf({workers: wide, customers: two, running, queued}).why('w1', now).points!.fairShare;
    expect(of(minute)).toBeGreaterThan(of(hour));
    expect(order(queueOf({workers: wide, customers: two, running, queued}).round(hour))).toBe('w2 w1');
  });

  test('an attempt that ended is charged to its customer', () => {
    const queue = queueOf({
      workers: wide,
      customers: two,
      running: [attempt(9, 'h1', {customer: 'a', shape: {resources: {cpu: 2}}})],
    });
    const settled = queue.ended('w9', 60_000)!;
    expect(settled).toMatchObject({customer: 'a', usedAt: 60_000});
    expect(settled.used).toBeCloseTo(120, 0);
    expect(queue.ended('w9', 60_000)).toBeUndefined();
  });
});

describe('nobody is held up by', () => {
  test.each([
    ['one that fits nowhere', workload(1, {priority: 90, shape: {resources: {cpu: 500}}}), {}],
    ['one whose time has not come', workload(1, {notBefore: 1000}), {}],
    [
      'one whose concurrency key is taken',
      workload(1, {concurrency: {key: 'k', max: 1}}),
      {running: [attempt(8, 'h1', {concurrency: {key: 'k', max: 1}})]},
    ],
    [
      'one that is too much for the quota',
      workload(1, {shape: {resources: {cpu: 3}}}),
      {customers: [customer('acme', {limits: {cpu: 3}})], running: [attempt(8, 'h1')]},
    ],
    [
      'one of a suspended customer',
      workload(1, {customer: 'gone', priority: 90}),
      {customers: [customer('gone', {suspended: true})]},
    ],
  ])('%s', (_, first, given) => {
    expect(order(queueOf({workers: wide, ...given, queued: [first, workload(2)]}).round(10))).toBe('w2');
  });
});

test('what was not before its time starts when it comes, before what was accepted later', () => {
  const queue = queueOf({
    workers: one,
    queued: [workload(1, {notBefore: 1000, acceptedAt: 0}), workload(2, {acceptedAt: 0})],
  });
  expect(order(queue.round(999))).toBe('w2');
  queue.add(workload(3, {acceptedAt: 0}));
  queue.ended('w2', 1000);
  expect(order(queue.round(1000))).toBe('w1');
});

test('hundreds that are cancelled leave the order of the rest', () => {
  const queue = queueOf({workers: wide, queued: Array.from({length: 300}, (_, at) => workload(at + 1))});
  for (let seq = 5; seq < 295; seq += 1) expect(queue.remove(`w${seq}`)).toBe(true);
  expect(order(queue.round(400))).toBe('w1 w2 w3 w4 w295 w296 w297 w298 w299 w300');
});

test('a round starts no more than it may', () => {
  const queue = queueOf({
    workers: wide,
    queued: [workload(1), workload(2), workload(3)],
    settings: {startsPerRound: 2},
  });
  expect(order(queue.round(10))).toBe('w1 w2');
  expect(order(queue.round(10))).toBe('w3');
});

test('whoever waits starts in bounded time, whatever is submitted later', () => {
  const rushed = fc.record({
    free: fc.integer({min: 1, max: 5}),
    others: fc.array(fc.record({customer: fc.constantFrom('x', 'y'), priority: fc.integer({min: 0, max: 100})}), {
      minLength: 1,
      maxLength: 4,
    }),
  });
  fc.assert(
    fc.property(rushed, ({free, others}) => {
      const longestMs = 20 * minute;
      const queue = queueOf({
        workers: one,
        customers: [
          customer('poor', {tier: 'free'}),
          customer('x', {tier: 'premium'}),
          customer('y', {tier: 'premium'}),
        ],
        queued: Array.from({length: free}, (_, index) =>
          workload(index + 1, {customer: 'poor', priority: 0, acceptedAt: 0}),
        ),
        settings: {aging: {points: 10, fullAfterMs: hour, longestMs}},
      });
      let seq = 100;
      let left = free;
      let earlier = 0;
      // One place, each attempt a minute, more submitted each minute than can run.
      for (let now = 0; left > 0; now += minute) {
        for (const other of [...others, ...others]) {
          queue.add(workload(++seq, {...other, acceptedAt: now}));
          if (now === 0) earlier += 1;
        }
        const [started] = order(queue.round(now)).split(' ');
        if (Number(started!.slice(1)) <= free) left -= 1;
        queue.ended(started!, now + minute);
        expect(now).toBeLessThanOrEqual(longestMs + (free + earlier) * minute);
      }
    }),
    {numRuns: 30},
  );
});
