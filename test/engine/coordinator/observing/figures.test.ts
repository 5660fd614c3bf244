import {expect, test} from 'vitest';
import {affinityOf} from '../../../../src/engine/coordinator/observing/affinity.ts';
import {placeFigures, queueFigures} from '../../../../src/engine/coordinator/observing/queue-figures.ts';
import type {WorkloadRow} from '../../../../src/engine/coordinator/store/store.ts';
import type {WorkloadState} from '../../../../src/engine/coordinator/workload-states.ts';
import type {WorkloadPlacement} from '../../../../src/engine/spec/workload.ts';
import {workloadNamed} from '../store/samples.ts';

const row = (state: WorkloadState, over: Partial<WorkloadRow> & {priority?: number} = {}): WorkloadRow => ({
  id: '1',
  customer: 'acme',
  seq: 1,
  state,
  workload: {...workloadNamed('w'), priority: over.priority ?? 50, resources: {cpu: 1, memory: 100}},
  inputs: {},
  acceptedAt: 1000,
  changedAt: 1000,
  attempt: 0,
  outputs: {},
  waitsFor: [],
  ...over,
});

test('the queue is told by priority and customer; who waits for something else does not age', () => {
  const rows = [
    row('PENDING', {priority: 0}),
    row('PENDING', {priority: 59, acceptedAt: 4000}),
    row('RETRYING', {priority: 100, customer: 'b', notBefore: 99_000, acceptedAt: 1}),
    row('RUNNING', {customer: 'c', acceptedAt: 1}),
    row('PAUSED', {customer: 'd', acceptedAt: 1}),
  ];
  const {depth, oldestMs, customers} = queueFigures(rows, 5000, 1);
  expect(depth.filter(({value}) => value > 0)).toEqual([
    {labels: {priority: '0'}, value: 1},
    {labels: {priority: '50'}, value: 1},
    {labels: {priority: '100'}, value: 1},
  ]);
  expect(depth).toHaveLength(11);
  expect(oldestMs).toBe(4000);
  expect(customers).toEqual([
    {labels: {customer: 'acme', state: 'waiting'}, value: 2},
    {labels: {customer: 'acme', state: 'placed'}, value: 0},
    {labels: {customer: 'other', state: 'waiting'}, value: 1},
    {labels: {customer: 'other', state: 'placed'}, value: 0},
    {labels: {customer: 'other', state: 'waiting'}, value: 0},
    {labels: {customer: 'other', state: 'placed'}, value: 1},
  ]);
});

test('utilisation is of usable workers alone', () => {
  const capacity = {cpu: 4, memory: 400, gpu: 0, disk: 1};
  const worker = (name: string, usable: boolean) => ({
    name,
    usable,
    beat: {name, kind: 'ssh' as const, labels: {}, capacity},
  });
  const figures = placeFigures(
    [row('RUNNING', {worker: 'h1'}), row('STARTING', {worker: 'h2'})],
    [worker('h1', true), worker('h2', false), {name: 'h3', beat: undefined, usable: false}],
  );
  expect(figures.utilisation.map(({labels, value}) => [labels.resource, value])).toEqual([
    ['cpu', 0.25],
    ['memory', 0.25],
    ['gpu', 0],
  ]);
  expect(figures.workloads.map(({value}) => value)).toEqual([1, 1, 0]);
  expect(figures.capacityCpu.map(({value}) => value)).toEqual([4, 4, 0]);
});

test.each<[string, Partial<WorkloadPlacement>, string | undefined, string[]]>([
  ['no rules', {}, 'h1', []],
  ['a label that it must have', {require: {disk: 'ssd'}}, 'h1', ['hard satisfied']],
  ['the same without a place', {require: {disk: 'ssd'}}, undefined, ['hard missed']],
  [
    'wishes, one of them granted',
    {
      prefer: [
        {match: {region: 'north'}, weight: 1},
        {match: {host: 'h2'}, weight: 1},
      ],
    },
    'h1',
    ['soft satisfied', 'soft missed'],
  ],
  ['wishes without a place say nothing', {prefer: [{match: {region: 'north'}, weight: 1}]}, undefined, []],
  ['others that it avoids', {avoid: [{workload: 'x'}]}, 'h1', ['anti satisfied']],
])('affinity: %s', (_, placement, worker, outcomes) => {
  const workload = workloadNamed('w');
  const beat = worker === undefined ? undefined : {name: worker, region: 'north', labels: {disk: 'ssd'}};
  const told = affinityOf({placement: {...workload.placement, ...placement}}, beat);
  expect(told.map(({kind, outcome}) => `${kind} ${outcome}`)).toEqual(outcomes);
});
