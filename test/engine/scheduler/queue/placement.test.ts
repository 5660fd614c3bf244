import {describe, expect, test} from 'vitest';
import {attempt, gibibyte, queueOf, settings, shape, starts, worker, workload} from './given.ts';

const two = [worker('h1'), worker('h2')];

describe('a workload goes to a worker', () => {
  test.each([
    ['that has the cores', {shape: {resources: {cpu: 3}}}, [worker('h1'), worker('h2', {capacity: {cpu: 4}})], 'h2'],
    [
      'that has the memory',
      {shape: {resources: {memory: 5 * gibibyte}}},
      [worker('h1'), worker('h2', {capacity: {memory: 8 * gibibyte}})],
      'h2',
    ],
    [
      'that has the devices',
      {shape: {resources: {gpu: 2}}},
      [worker('h1', {capacity: {gpu: 1}}), worker('h2', {capacity: {gpu: 2}})],
      'h2',
    ],
    [
      'that has the disk',
      {shape: {resources: {disk: 200 * gibibyte}}},
      [worker('h1'), worker('h2', {capacity: {disk: 300 * gibibyte}})],
      'h2',
    ],
    [
      'that has the label',
      {shape: {require: {disk: 'ssd'}}},
      [worker('h1'), worker('h2', {labels: {disk: 'ssd'}})],
      'h2',
    ],
    [
      'of the region',
      {shape: {require: {region: 'eu'}}},
      [worker('h1', {region: 'us'}), worker('h2', {region: 'eu'})],
      'h2',
    ],
    ['by name', {shape: {require: {host: 'h2'}}}, two, 'h2'],
    ['that is not in drain', {}, [worker('h1', {drained: true}), worker('h2')], 'h2'],
    ['that is usable', {}, [worker('h1', {unusable: 'silent for 7 s'}), worker('h2')], 'h2'],
    ['on which it has not failed', {shape: {exclude: ['h1']}}, two, 'h2'],
    [
      'that is preferred, however full others are',
      {shape: {prefer: [{match: {disk: 'ssd'}, weight: 1}]}},
      [worker('h1', {capacity: {cpu: 1}}), worker('h2', {labels: {disk: 'ssd'}})],
      'h2',
    ],
    [
      'that is not kept away from',
      {shape: {prefer: [{match: {disk: 'hdd'}, weight: -5}]}},
      [worker('h1', {labels: {disk: 'hdd'}}), worker('h2')],
      'h2',
    ],
    [
      'whose port is free',
      {shape: {ports: [{host: 80, protocol: 'tcp'}]}},
      [worker('h1', {ports: [{host: 80, protocol: 'tcp'}]}), worker('h2')],
      'h2',
    ],
    [
      'that keeps devices for those that need them',
      {},
      [worker('h1', {capacity: {cpu: 2, gpu: 2}}), worker('h2', {capacity: {cpu: 8}})],
      'h2',
    ],
    ['that comes first among equals', {}, [worker('h2'), worker('h1')], 'h1'],
  ] as const)('%s', (_, given, workers, expected) => {
    expect(starts(queueOf({workers, queued: [workload(1, given as object)]}).round(0))).toBe(`w1@${expected}`);
  });
});

describe('neighbours', () => {
  const named = (seq: number, name: string, rules = {}) => workload(seq, {name, shape: rules});
  const avoidImport = {avoid: [{workload: 'import'}]};

  test.each([
    ['avoids what runs', [attempt(1, 'h1', {name: 'import'})], named(2, 'report', avoidImport), 'w2@h2'],
    ['is avoided by what runs', [attempt(1, 'h1', {name: 'report', shape: avoidImport})], named(2, 'import'), 'w2@h2'],
    [
      'does not mind those of others',
      [attempt(1, 'h1', {name: 'import', customer: 'other'})],
      named(2, 'report', avoidImport),
      'w2@h1',
    ],
    [
      'goes beside what runs',
      [attempt(1, 'h2', {name: 'cache'})],
      named(2, 'report', {beside: [{workload: 'cache'}]}),
      'w2@h2',
    ],
  ])('%s', (_, running, queued, expected) => {
    expect(starts(queueOf({workers: two, running, queued: [queued]}).round(0))).toBe(expected);
  });

  test('of one round count', () => {
    const queued = [named(1, 'report', avoidImport), named(2, 'import'), named(3, 'import')];
    expect(starts(queueOf({workers: two, queued}).round(0))).toBe('w1@h1 w2@h2 w3@h2');
  });

  test('what has to be beside another starts with it, and waits without it', () => {
    const queue = queueOf({workers: two, queued: [named(1, 'report', {beside: [{workload: 'cache'}]})]});
    expect(queue.round(0)).toMatchObject([
      {kind: 'park', because: 'parked: 2 hosts: has no cache, which it has to be beside'},
    ]);
    queue.add({...named(2, 'cache'), priority: 90});
    expect(starts(queue.round(1))).toBe('w2@h1 w1@h1');
  });

  test('nobody overtakes one of the same shape that waits for its neighbour', () => {
    const beside = {beside: [{workload: 'cache'}]};
    const queued = [named(1, 'a', beside), named(2, 'cache'), named(3, 'b', beside)];
    const queue = queueOf({workers: [worker('h1', {capacity: {cpu: 3}})], queued});
    expect([starts(queue.round(10)), starts(queue.round(11))]).toEqual(['w2@h1', 'w1@h1 w3@h1']);
  });

  test('one host has a port once', () => {
    const queued = [1, 2, 3].map(seq => workload(seq, {shape: {ports: [{host: 80, protocol: 'tcp'}]}}));
    const queue = queueOf({workers: two, queued});
    expect(starts(queue.round(0))).toBe('w1@h1 w2@h2');
    expect(queue.why('w3', 1).text).toBe('parked: 2 hosts: port 80/tcp is taken by workload job');
    queue.ended('w1', 1);
    expect(starts(queue.round(2))).toBe('w3@h1');
  });
});

describe('strategy', () => {
  const queued = [1, 2].map(seq => workload(seq));

  test.each([
    ['binpack', 'w1@h1 w2@h1'],
    ['spread', 'w1@h1 w2@h2'],
  ] as const)('%s', (strategy, expected) => {
    expect(starts(queueOf({workers: two, queued, settings: {strategy}}).round(0))).toBe(expected);
  });

  test('may change while it runs', () => {
    const wide = ['h1', 'h2'].map(name => worker(name, {capacity: {cpu: 4}}));
    const queue = queueOf({workers: wide, queued});
    expect(starts(queue.round(0))).toBe('w1@h1 w2@h1');
    queue.setSettings(settings({strategy: 'spread'}));
    queue.add(workload(3));
    expect(starts(queue.round(1))).toBe('w3@h2');
  });

  test('what reserves nothing is spread', () => {
    const idle = [1, 2].map(seq => workload(seq, {shape: {resources: {}}}));
    expect(starts(queueOf({workers: two, queued: idle}).round(0))).toBe('w1@h1 w2@h2');
  });
});

test('a start says why there, and why not elsewhere', () => {
  const workers = [worker('h1'), worker('h2', {drained: true}), worker('h3', {labels: {zone: 'b'}})];
  const wish = shape({prefer: [{match: {zone: 'b'}, weight: 10}]});
  expect(queueOf({workers, queued: [workload(1, {shape: wish})]}).round(0)).toEqual([
    {
      kind: 'start',
      workload: 'w1',
      worker: 'h3',
      because: 'prefers zone=b',
      rejected: [{reason: 'in drain', workers: 1, some: ['h2']}],
    },
  ]);
});
