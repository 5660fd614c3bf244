import fc from 'fast-check';
import {expect, test} from 'vitest';
import {
  decideWorkers,
  type WorkerLook,
  type WorkerScaleRule,
  type WorkersLook,
} from '../../../../src/engine/scheduler/autoscale/worker-count.ts';

const rule: WorkerScaleRule = {min: 1, max: 4, cooldownMs: 60_000, idleMs: 600_000, waitMs: 10_000};
const at = 10_000_000;
const worker = (name: string, more: Partial<WorkerLook> = {}): WorkerLook => ({
  name,
  well: true,
  drained: false,
  running: 1,
  leaving: false,
  ...more,
});
const idle = (name: string, since: number, more: Partial<WorkerLook> = {}) =>
  worker(name, {running: 0, idleSince: since, ...more});
const step = (look: Partial<WorkersLook>, changedAt = 0, more: Partial<WorkerScaleRule> = {}) =>
  decideWorkers({...rule, ...more}, {at, workers: [worker('a')], waiting: {count: 0}, ...look}, changedAt);

test.each<[string, Partial<WorkersLook>, Parameters<typeof expect.objectContaining>[0]]>([
  ['fewer than min', {workers: []}, {action: 'add', count: 1}],
  ['what waits for long', {waiting: {count: 7, since: at - 10_000}}, {action: 'add', count: 1}],
  ['what waits not for long', {waiting: {count: 7, since: at - 9999}}, {action: 'none'}],
  [
    'what waits while max is there',
    {workers: ['a', 'b', 'c', 'd'].map(name => worker(name)), waiting: {count: 7, since: 0}},
    {action: 'none', reason: '7 workloads wait for room, and max is 4'},
  ],
  [
    'the one that is idle longest',
    {workers: [worker('a'), idle('b', 9), idle('c', 5)]},
    {action: 'retire', worker: 'c'},
  ],
  ['one that is not idle for long', {workers: [worker('a'), idle('b', at - 599_999)]}, {action: 'none'}],
  ['the last one', {workers: [idle('a', 0)]}, {action: 'none', reason: 'min is 1'}],
  ['one that somebody drained', {workers: [worker('a'), idle('b', 0, {drained: true})]}, {action: 'none'}],
  ['one that is lost', {workers: [worker('a'), idle('b', 0, {well: false})]}, {action: 'none'}],
  [
    'idle ones while work waits',
    {workers: [worker('a'), idle('b', 0)], waiting: {count: 1, since: at}},
    {action: 'none'},
  ],
  [
    'one that leaves and still works',
    {workers: [worker('a'), worker('b', {leaving: true, drained: true})]},
    {action: 'none'},
  ],
  [
    'one that leaves and is done',
    {workers: [worker('a'), idle('b', at - 1, {leaving: true, drained: true})]},
    {action: 'remove', worker: 'b'},
  ],
])('%s', (_, look, wanted) => {
  expect(step(look)).toEqual(expect.objectContaining(wanted));
});

test('nothing is added or retired within the cooldown', () => {
  expect(step({waiting: {count: 7, since: 0}}, at - 1000)).toEqual({
    action: 'none',
    reason: '7 workloads wait for room, in 59s',
  });
  expect(step({workers: [worker('a'), idle('b', 0)]}, at - 1000).action).toBe('none');
});

test('whoever comes and goes: never beyond max, never below min by retiring, never one that works', () => {
  const workers = fc.uniqueArray(
    fc.record({
      name: fc.string({minLength: 1, maxLength: 3}),
      well: fc.boolean(),
      drained: fc.boolean(),
      running: fc.integer({min: 0, max: 2}),
      leaving: fc.boolean(),
      idleFor: fc.integer({min: 0, max: 2_000_000}),
    }),
    {selector: ({name}) => name, maxLength: 8},
  );
  fc.assert(
    fc.property(workers, fc.integer({min: 0, max: 3}), fc.integer({min: 0, max: 100_000}), (made, waiting, since) => {
      const all = made.map(({idleFor, ...each}) => ({...each, ...(each.running === 0 && {idleSince: at - idleFor})}));
      const staying = all.filter(({leaving}) => !leaving);
      const next = step({workers: all, waiting: {count: waiting, since: at - since}});
      if (next.action === 'add') expect(staying.length + next.count).toBeLessThanOrEqual(rule.max);
      if (next.action === 'retire') expect(staying.length - 1).toBeGreaterThanOrEqual(rule.min);
      if (next.action === 'retire' || next.action === 'remove')
        expect(all.find(({name}) => name === next.worker)?.running).toBe(0);
    }),
    {numRuns: 1000},
  );
});
