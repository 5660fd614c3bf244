import {describe, expect, test} from 'vitest';
import {attempt, customer, gibibyte, order, queueOf, shape, worker, workload} from './given.ts';

const many = (count: number, given = {}) =>
  Array.from({length: count}, (_, index) => worker(`h${String(index + 1).padStart(3, '0')}`, given));

describe('a shape that fits nowhere', () => {
  const big = {shape: {resources: {cpu: 4}}};

  test('is parked once, with its reasons and how many wait', () => {
    const workers = [...many(412), worker('x1', {drained: true}), worker('x2', {drained: true})];
    const queue = queueOf({
      workers,
      queued: [workload(1, big), workload(2, big), workload(3, {...big, customer: 'b'})],
    });
    const rejected = [
      {reason: 'needs 4 CPU, at most 2 CPU free', workers: 412, some: ['h001', 'h002', 'h003', 'h004', 'h005']},
      {reason: 'in drain', workers: 2, some: ['x1', 'x2']},
    ];
    const because = 'parked: 412 hosts: needs 4 CPU, at most 2 CPU free; 2 hosts: in drain';
    expect(queue.round(10)).toEqual([{kind: 'park', workload: 'w1', customer: 'acme', waiting: 3, because, rejected}]);
    expect(queue.round(11)).toEqual([]);
    expect(queue.why('w2', 12)).toMatchObject({state: 'parked', text: because, rejected});
  });

  test('is not looked at again while nothing changes, and then only where it did', () => {
    const queue = queueOf({workers: many(400), queued: [workload(1, big)]});
    queue.round(10);
    const before = queue.looks;
    for (let now = 11; now < 100; now += 1) queue.round(now);
    expect(queue.looks).toBe(before);
    queue.setWorker(worker('h007', {labels: {disk: 'ssd'}}));
    queue.round(100);
    expect(queue.looks).toBe(before + 1);
  });

  test.each([
    ['joins', (queue: ReturnType<typeof queueOf>) => queue.setWorker(worker('h9', {capacity: {cpu: 4}}))],
    ['grows', (queue: ReturnType<typeof queueOf>) => queue.setWorker(worker('h001', {capacity: {cpu: 4}}))],
    [
      'is told with all others',
      (queue: ReturnType<typeof queueOf>) => queue.setWorkers([...many(3), worker('h9', {capacity: {cpu: 4}})]),
    ],
    [
      'is out of drain',
      (queue: ReturnType<typeof queueOf>) => queue.setWorker(worker('drained', {capacity: {cpu: 4}})),
    ],
  ])('starts when a worker %s', (_, change) => {
    const workers = [...many(3), worker('drained', {capacity: {cpu: 4}, drained: true})];
    const queue = queueOf({workers, queued: [workload(1, big)]});
    expect(order(queue.round(10))).toBe('');
    change(queue);
    expect(order(queue.round(11))).toBe('w1');
  });

  test('starts when somebody ends', () => {
    const queue = queueOf({
      workers: many(1),
      running: [attempt(9, 'h001')],
      queued: [workload(1, {shape: {resources: {cpu: 2}}})],
    });
    expect(order(queue.round(10))).toBe('');
    queue.ended('w9', 11);
    expect(order(queue.round(11))).toBe('w1');
  });

  test('is told anew, with the reason of now, when a worker may not be used for another reason', () => {
    const queue = queueOf({workers: [worker('h1', {unusable: 'is being connected to'})], queued: [workload(1, big)]});
    expect(queue.round(1)).toMatchObject([{because: 'parked: h1: is being connected to'}]);
    queue.setWorker(worker('h1', {unusable: 'not prepared: niyanta host prepare h1'}));
    expect(queue.round(2)).toMatchObject([{because: 'parked: h1: not prepared: niyanta host prepare h1'}]);
    expect(queue.round(3)).toEqual([]);
  });

  test('is told anew only when it was not parked in between', () => {
    const queue = queueOf({workers: many(1), queued: [workload(1, big)]});
    expect(queue.round(1)).toHaveLength(1);
    queue.remove('w1');
    expect(queue.round(2)).toEqual([]);
    expect(queue.round(3)).toEqual([]);
    queue.add(workload(2, big));
    expect(queue.round(4)).toMatchObject([{kind: 'park', workload: 'w2'}]);
  });
});

describe('reasons', () => {
  test.each([
    ['no host', [], {}, 'there is no host'],
    ['one host', many(1), {resources: {cpu: 3}}, 'h001: needs 3 CPU, 2 CPU free'],
    ['memory', many(2), {resources: {memory: 6 * gibibyte}}, '2 hosts: needs 6 GiB, at most 4 GiB free'],
    ['devices', many(2), {resources: {gpu: 1}}, '2 hosts: needs 1 GPU, at most 0 GPU free'],
    ['disk', many(2), {resources: {disk: 200 * gibibyte}}, '2 hosts: needs 200 GiB disk, at most 100 GiB disk free'],
    ['a label that none has', many(2), {require: {disk: 'ssd'}}, '2 hosts: requires disk=ssd, has none'],
    [
      'a label that is different',
      [worker('a', {labels: {disk: 'hdd'}}), worker('b')],
      {require: {disk: 'ssd'}},
      '2 hosts: requires disk=ssd',
    ],
    ['not usable', many(2, {unusable: 'silent for 7 s'}), {}, '2 hosts: silent for 7 s'],
    ['failed there', many(1), {exclude: ['h001']}, 'h001: it failed there'],
    [
      'too many to tell',
      ['a', 'b', 'c', 'd', 'e', 'f'].map(name => worker(name, {unusable: `reason ${name}`})),
      {},
      'a: reason a; b: reason b; c: reason c; d: reason d; 2 more for other reasons',
    ],
  ])('%s', (_, workers, given, expected) => {
    const queue = queueOf({workers, queued: [workload(1, {shape: shape(given)})]});
    expect(queue.why('w1', 10).text).toBe(`parked: ${expected}`);
  });
});

describe('why', () => {
  const wide = [worker('h1', {capacity: {cpu: 50}})];

  test.each([
    ['unknown', {}, 'w1', 'is not in the queue'],
    ['running', {running: [attempt(1, 'h1')]}, 'w1', 'holds a place on h1'],
    [
      'waiting',
      {queued: [workload(1, {notBefore: 86_400_000})]},
      'w1',
      'does not start before 1970-01-02T00:00:00.000Z',
    ],
    [
      'limited',
      {customers: [customer('acme', {limits: {running: 1}})], running: [attempt(9, 'h1')], queued: [workload(1)]},
      'w1',
      'customer acme is at its limit of 1 running',
    ],
    [
      'limited',
      {customers: [customer('acme', {suspended: true})], queued: [workload(1)]},
      'w1',
      'customer acme is suspended',
    ],
    [
      'limited',
      {
        customers: [customer('acme', {limits: {cpu: 4}})],
        running: [attempt(9, 'h1', {shape: {resources: {cpu: 3}}})],
        queued: [workload(1, {shape: {resources: {cpu: 2}}})],
      },
      'w1',
      'customer acme has 3 CPU of its 4 CPU running, this needs 2 CPU',
    ],
    [
      'limited',
      {
        running: [attempt(9, 'h1', {concurrency: {key: 'report', max: 1}})],
        queued: [workload(1, {concurrency: {key: 'report', max: 1}})],
      },
      'w1',
      'concurrency key report: 1 of 1 running',
    ],
    ['queued', {queued: [workload(1)]}, 'w1', "first in its customer's queue"],
    [
      'queued',
      {queued: [workload(1), workload(2, {customer: 'b'}), workload(3), workload(4)]},
      'w4',
      "third in its customer's queue, behind w3",
    ],
    [
      'queued',
      {queued: Array.from({length: 22}, (_, index) => workload(index + 1))},
      'w22',
      "22nd in its customer's queue, behind w21",
    ],
  ] as const)('%s: %#', (state, given, id, text) => {
    expect(queueOf({workers: wide, ...(given as object)}).why(id, 10)).toMatchObject({workload: id, state, text});
  });

  test('says what the effective priority is made of', () => {
    const queue = queueOf({
      workers: wide,
      customers: [customer('acme')],
      queued: [workload(1, {priority: 70, acceptedAt: 0})],
    });
    expect(queue.why('w1', 12 * 3_600_000).points).toEqual({
      tier: 50,
      priority: 70,
      age: 50,
      fairShare: 100,
      total: 270,
      overdue: false,
    });
  });
});

test('a workload is queued once, and not while an attempt of it runs', () => {
  const queue = queueOf({workers: many(1), queued: [workload(1), workload(1, {priority: 90})]});
  expect(queue.counts).toEqual({waiting: 1, running: 0, promised: 0});
  queue.round(10);
  expect(queue.counts).toEqual({waiting: 0, running: 1, promised: 0});
  expect(() => queue.add(workload(1))).toThrow('workload w1 is queued while it holds a place');
  expect([queue.remove('w1'), queue.remove('w2')]).toEqual([false, false]);
});
