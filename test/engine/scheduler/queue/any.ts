import fc from 'fast-check';
import type {
  CustomerView,
  QueuedWorkload,
  RunningAttempt,
  WorkerView,
} from '../../../../src/engine/scheduler/queue/index.ts';
import {attempt, customer, gibibyte, type Settings, worker, workload} from './given.ts';

const names = fc.constantFrom('a', 'b', 'c');
const customers = ['acme', 'bolt', 'cora'];

const anyShape = fc.record({
  resources: fc.record({
    cpu: fc.constantFrom(0, 0.5, 1, 2),
    memory: fc.constantFrom(0, gibibyte, 2 * gibibyte),
    gpu: fc.constantFrom(0, 0, 0, 1, 2),
    disk: fc.constantFrom(0, 0, 60 * gibibyte),
  }),
  ports: fc.oneof(
    {weight: 5, arbitrary: fc.constant([])},
    {weight: 1, arbitrary: fc.constant([{host: 80, protocol: 'tcp' as const}])},
  ),
  require: fc.oneof(
    fc.constant({}),
    fc.constant({}),
    fc.constantFrom('ssd', 'hdd').map(disk => ({disk})),
    fc.constant({region: 'eu'}),
  ),
  prefer: fc.oneof(fc.constant([]), fc.constant([{match: {disk: 'ssd'}, weight: 10}])),
  avoid: fc.oneof(
    {weight: 4, arbitrary: fc.constant([])},
    {weight: 1, arbitrary: names.map(name => [{workload: name}])},
  ),
  beside: fc.oneof(
    {weight: 8, arbitrary: fc.constant([])},
    {weight: 1, arbitrary: names.map(name => [{workload: name}])},
  ),
  exclude: fc.oneof({weight: 5, arbitrary: fc.constant([])}, {weight: 1, arbitrary: fc.constant(['h0'])}),
});

const anyConcurrency = fc.option(fc.record({key: fc.constantFrom('x', 'y'), max: fc.integer({min: 1, max: 3})}), {
  nil: undefined,
  freq: 3,
});

/** Number `seq` of a history. */
export const anyWorkload = (seq: number): fc.Arbitrary<QueuedWorkload> =>
  fc
    .record({
      name: names,
      customer: fc.constantFrom(...customers),
      priority: fc.constantFrom(10, 50, 90),
      preemptible: fc.boolean(),
      concurrency: anyConcurrency,
      notBefore: fc.option(fc.integer({min: 0, max: 200_000}), {nil: undefined, freq: 4}),
      shape: anyShape,
    })
    .map(given => workload(seq, {...given, acceptedAt: seq * 100}));

export const anyWorker = (index: number): fc.Arbitrary<WorkerView> =>
  fc
    .record({
      cpu: fc.constantFrom(1, 2, 4),
      memory: fc.constantFrom(2, 4).map(count => count * gibibyte),
      gpu: fc.constantFrom(0, 0, 2),
      disk: fc.constantFrom('ssd', 'hdd'),
      region: fc.constantFrom(undefined, 'eu', 'us'),
      drained: fc.constantFrom(false, false, false, true),
      unusable: fc.constantFrom(undefined, undefined, undefined, 'silent'),
      ports: fc.constantFrom([], [], [{host: 80, protocol: 'tcp' as const}]),
    })
    .map(({cpu, memory, gpu, disk, ...given}) =>
      worker(`h${index}`, {...given, labels: {disk}, capacity: {cpu, memory, gpu}}),
    );

export const anyCustomers: fc.Arbitrary<CustomerView[]> = fc.tuple(
  ...customers.map(id =>
    fc
      .record({
        tier: fc.constantFrom('free', 'standard', 'premium'),
        suspended: fc.constantFrom(undefined, undefined, undefined, true),
        limits: fc.record({
          running: fc.constantFrom(undefined, undefined, 2, 5),
          cpu: fc.constantFrom(undefined, undefined, 3),
          memory: fc.constantFrom(undefined, undefined, 4 * gibibyte),
          gpu: fc.constantFrom(undefined, undefined, 1),
        }),
        used: fc.constantFrom(0, 0, 1000, 500_000),
      })
      .map(given => customer(id, given)),
  ),
);

export const anyStrategy: fc.Arbitrary<Settings> = fc
  .constantFrom('binpack' as const, 'spread' as const)
  .map(strategy => ({strategy}));

const listOf = <T>(max: number, each: (index: number) => fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.integer({min: 0, max}).chain(count => fc.tuple(...Array.from({length: count}, (_, index) => each(index))));

export const anyWorkers = listOf(6, anyWorker);
export const anyWorkloads = listOf(25, anyWorkload);

/** Small ones that were placed by hand, wherever: what a queue finds when it begins. */
export const anyRunning: fc.Arbitrary<RunningAttempt[]> = listOf(4, index =>
  fc
    .record({name: names, customer: fc.constantFrom(...customers), worker: fc.constantFrom('h0', 'h1', 'gone')})
    .map(({worker: on, ...given}) =>
      attempt(1000 + index, on, {...given, id: `r${index}`, shape: {resources: {cpu: 0.5}}}),
    ),
);
