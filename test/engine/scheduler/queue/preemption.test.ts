import {describe, expect, test} from 'vitest';
import type {Decision, Preempt, RunningAttempt} from '../../../../src/engine/scheduler/queue/index.ts';
import {attempt, customer, type Given, minute, order, queueOf, worker, workload} from './given.ts';

const now = 60 * minute;
const on = {preemption: {enabled: true, margin: 10, perRound: 10}};
const soft = (seq: number, at: string, given: Partial<Omit<RunningAttempt, 'shape'>> & {shape?: object} = {}) =>
  attempt(seq, at, {preemptible: true, priority: 20, ...given});
const urgent = (seq = 1, given = {}) => workload(seq, {priority: 80, shape: {resources: {cpu: 2}}, ...given});
const one = [worker('h1')];

const preempts = (decisions: readonly Decision[]): Preempt[] => decisions.filter(each => each.kind === 'preempt');
const victims = (given: Given): string =>
  preempts(queueOf({settings: on, ...given}).round(now))
    .map(each => `${each.for}@${each.worker}: ${each.victims.map(({workload: id}) => id).join(' ')}`)
    .join('; ');

describe('victims', () => {
  test.each([
    ['those that matter less', {running: [soft(8, 'h1'), soft(9, 'h1')]}, 'w1@h1: w8 w9'],
    ['no more than needed', {running: [soft(8, 'h1'), soft(9, 'h1')], queued: [urgent(1, {shape: {}})]}, 'w1@h1: w8'],
    [
      'who has run least',
      {running: [soft(8, 'h1'), soft(9, 'h1', {startedAt: 30 * minute})], queued: [urgent(1, {shape: {}})]},
      'w1@h1: w9',
    ],
    [
      'whose checkpoint is newest',
      {
        running: [soft(8, 'h1', {lastCheckpointAt: 59 * minute}), soft(9, 'h1', {startedAt: 30 * minute})],
        queued: [urgent(1, {shape: {}})],
      },
      'w1@h1: w8',
    ],
    [
      'one large in place of two small that lose more',
      {
        workers: [worker('h1', {capacity: {cpu: 4}})],
        running: [soft(7, 'h1'), soft(8, 'h1'), soft(9, 'h1', {startedAt: 50 * minute, shape: {resources: {cpu: 2}}})],
      },
      'w1@h1: w9',
    ],
    [
      'on the worker where least is lost',
      {
        workers: [...one, worker('h2')],
        running: [
          soft(8, 'h1', {shape: {resources: {cpu: 2}}}),
          soft(9, 'h2', {startedAt: 30 * minute, shape: {resources: {cpu: 2}}}),
        ],
      },
      'w1@h2: w9',
    ],
    [
      'whoever holds the port',
      {
        running: [
          soft(8, 'h1', {shape: {resources: {}, ports: [{host: 80, protocol: 'tcp'}]}}),
          soft(9, 'h1', {shape: {resources: {}}}),
        ],
        queued: [urgent(1, {shape: {ports: [{host: 80, protocol: 'tcp'}]}})],
      },
      'w1@h1: w8',
    ],
    [
      'whom it avoids',
      {
        running: [soft(8, 'h1', {name: 'import', shape: {resources: {}}})],
        queued: [urgent(1, {shape: {avoid: [{workload: 'import'}]}})],
      },
      'w1@h1: w8',
    ],
    [
      'not whom it has to be beside',
      {
        running: [soft(7, 'h1', {name: 'cache', startedAt: now}), soft(8, 'h1', {name: 'other'})],
        queued: [urgent(1, {shape: {resources: {cpu: 1}, beside: [{workload: 'cache'}]}})],
      },
      'w1@h1: w8',
    ],
    [
      'of a lower tier',
      {
        customers: [customer('acme', {tier: 'premium'}), customer('low', {tier: 'free'})],
        running: [soft(9, 'h1', {customer: 'low', priority: 50, shape: {resources: {cpu: 2}}})],
        queued: [urgent(1, {priority: 50})],
      },
      'w1@h1: w9',
    ],
  ] as const)('%s', (_, given, expected) => {
    expect(victims({workers: one, queued: [urgent()], ...(given as Given)})).toBe(expected);
  });

  test.each([
    ['where it is not switched on', {settings: {}}],
    ['of equal priority', {running: [soft(9, 'h1', {priority: 80, shape: {resources: {cpu: 2}}})]}],
    ['hardly below', {running: [soft(9, 'h1', {priority: 71, shape: {resources: {cpu: 2}}})]}],
    ['that may not be stopped', {running: [soft(9, 'h1', {preemptible: false, shape: {resources: {cpu: 2}}})]}],
    ['where that would not be enough', {running: [soft(8, 'h1'), soft(9, 'h1', {preemptible: false})]}],
    [
      'for one that is at its limit',
      {customers: [customer('acme', {limits: {running: 2}})], running: [soft(8, 'h1'), soft(9, 'h1')]},
    ],
    ['on a worker in drain', {workers: [worker('h1', {drained: true})]}],
    [
      'whose port is not theirs',
      {
        workers: [worker('h1', {ports: [{host: 80, protocol: 'tcp'}]})],
        queued: [urgent(1, {shape: {ports: [{host: 80, protocol: 'tcp'}]}})],
      },
    ],
  ] as const)('none %s', (_, given) => {
    const running = [soft(9, 'h1', {shape: {resources: {cpu: 2}}})];
    expect(victims({workers: one, queued: [urgent()], running, ...(given as Given)})).toBe('');
  });

  test('the cost is core-seconds since the start or the newest checkpoint', () => {
    const running = [soft(8, 'h1', {startedAt: 50 * minute}), soft(9, 'h1', {lastCheckpointAt: 55 * minute})];
    expect(preempts(queueOf({settings: on, workers: one, running, queued: [urgent()]}).round(now))).toEqual([
      {
        kind: 'preempt',
        for: 'w1',
        worker: 'h1',
        victims: [
          {workload: 'w8', lost: 600},
          {workload: 'w9', lost: 300},
        ],
        cost: 900,
        because: 'fits nowhere else; 2 workloads that matter less make room, 900 core-seconds are lost',
      },
    ]);
  });
});

describe('the place', () => {
  const running = [soft(8, 'h1'), soft(9, 'h1')];

  test('is kept until all victims have ended, then taken', () => {
    const queue = queueOf({settings: on, workers: one, running, queued: [urgent()]});
    expect(preempts(queue.round(now))).toHaveLength(1);
    expect(queue.why('w1', now).text).toBe(
      'its place on h1 is kept; it starts when 2 other workloads have ended there',
    );
    queue.add(workload(2, {priority: 100}));
    queue.ended('w8', now);
    // Neither somebody else takes what has become free, nor is anybody stopped again.
    expect(queue.round(now + 1)).toMatchObject([{kind: 'park', workload: 'w2'}]);
    queue.ended('w9', now);
    expect(queue.round(now + 2)).toMatchObject([
      {kind: 'start', workload: 'w1', worker: 'h1', because: 'room was made for it there'},
    ]);
    expect(queue.counts).toEqual({waiting: 1, running: 1, promised: 0});
  });

  test('is given up with its worker', () => {
    const queue = queueOf({settings: on, workers: one, running, queued: [urgent()]});
    queue.round(now);
    queue.setWorker(worker('h1', {unusable: 'silent for 7 s'}));
    queue.setWorker(worker('h2'));
    expect(order(queue.round(now + 1))).toBe('w1');
  });

  test('stays kept when the workload is told again, and is given up when it asks for something else', () => {
    const queue = queueOf({settings: on, workers: one, running, queued: [urgent()]});
    queue.round(now);
    expect(queue.ended('w1', now)).toBeUndefined();
    queue.add(urgent());
    expect(queue.why('w1', now).state).toBe('promised');
    queue.add(urgent(1, {shape: {resources: {cpu: 1}}}));
    expect(queue.counts).toEqual({waiting: 1, running: 2, promised: 0});
  });

  test('is passed on when room comes free elsewhere before: alike start in order of acceptance', () => {
    const workers = [worker('h1'), worker('h2')];
    const held = [soft(7, 'h1', {shape: {resources: {cpu: 2}}}), attempt(9, 'h2', {shape: {resources: {cpu: 2}}})];
    const queue = queueOf({settings: on, workers, running: held, queued: [urgent(1), urgent(2), urgent(3)]});
    expect(preempts(queue.round(now))).toMatchObject([{for: 'w1', worker: 'h1'}]);
    queue.ended('w9', now);
    expect(queue.round(now + 1)).toMatchObject([
      {kind: 'start', workload: 'w1', worker: 'h2', because: 'room came free there before its own'},
    ]);
    expect(queue.why('w2', now + 1)).toMatchObject({state: 'promised', worker: 'h1'});
    queue.ended('w7', now + 2);
    expect(order(queue.round(now + 2))).toBe('w2');
    expect(queue.counts).toEqual({waiting: 1, running: 2, promised: 0});
  });

  test("that becomes free first is the first one's, and the other one waits in its stead", () => {
    const workers = [worker('h1'), worker('h2')];
    const held = workers.map(({name}, at) => soft(8 + at, name, {shape: {resources: {cpu: 2}}}));
    const queue = queueOf({settings: on, workers, running: held, queued: [urgent(1), urgent(2)]});
    queue.round(now);
    queue.round(now + 1);
    const [first, second] = ['w1', 'w2'].map(id => queue.why(id, now + 1).worker);
    expect([first, second].toSorted()).toEqual(['h1', 'h2']);
    queue.ended(held.find(each => each.worker === second)!.id, now + 2);
    expect(queue.round(now + 2)).toMatchObject([{kind: 'start', workload: 'w1', worker: second}]);
    expect(queue.why('w2', now + 2)).toMatchObject({state: 'promised', worker: first});
    queue.ended(held.find(each => each.worker === first)!.id, now + 3);
    expect(order(queue.round(now + 3))).toBe('w2');
  });

  test('is for one that was accepted before and comes back to the queue meanwhile', () => {
    const queue = queueOf({settings: on, workers: one, running, queued: [urgent(2)]});
    queue.round(now);
    queue.add(urgent(1));
    for (const {id} of running) queue.ended(id, now + 1);
    expect(order(queue.round(now + 1))).toBe('w1');
    expect(queue.counts).toEqual({waiting: 1, running: 1, promised: 0});
  });

  test('is given up when the workload is cancelled', () => {
    const queue = queueOf({settings: on, workers: one, running, queued: [urgent(), workload(2)]});
    queue.round(now);
    expect(queue.remove('w1')).toBe(true);
    queue.ended('w8', now);
    expect(order(queue.round(now + 1))).toBe('w2');
  });

  test('is found where somebody is being stopped already', () => {
    const stopping = [soft(8, 'h1', {stopping: true}), soft(9, 'h1', {stopping: true})];
    const queue = queueOf({settings: on, workers: one, running: stopping, queued: [urgent()]});
    expect(preempts(queue.round(now))).toEqual([]);
    expect(queue.why('w1', now).state).toBe('promised');
  });

  test('of at most so many a round', () => {
    const workers = ['h1', 'h2', 'h3'].map(name => worker(name));
    const full = workers.map(({name}, at) => soft(10 + at, name, {shape: {resources: {cpu: 2}}}));
    const queued = [urgent(1), urgent(2, {name: 'b'}), urgent(3, {name: 'c'})];
    const settings = {preemption: {enabled: true, perRound: 1}};
    expect(preempts(queueOf({settings, workers, running: full, queued}).round(now))).toHaveLength(1);
  });
});
