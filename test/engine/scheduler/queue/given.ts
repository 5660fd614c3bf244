import type {
  CustomerView,
  Decision,
  QueuedWorkload,
  RunningAttempt,
  Shape,
  WorkerView,
} from '../../../../src/engine/scheduler/queue/index.ts';
import {defaultSettings, Queue, type QueueSettings} from '../../../../src/engine/scheduler/queue/index.ts';

/** Bytes. */
export const gibibyte = 2 ** 30;
/** Milliseconds. */
export const minute = 60_000;
export const hour = 60 * minute;

export const shape = (given: Partial<Shape> = {}): Shape => ({
  resources: {cpu: 1},
  ports: [],
  require: {},
  prefer: [],
  avoid: [],
  beside: [],
  exclude: [],
  ...given,
});

type GivenWorkload = Partial<Omit<QueuedWorkload, 'shape'>> & {readonly shape?: Partial<Shape>};

/** `w3` of acme: accepted third, at 3 ms. */
export const workload = (seq: number, given: GivenWorkload = {}): QueuedWorkload => ({
  id: `w${seq}`,
  name: 'job',
  customer: 'acme',
  seq,
  acceptedAt: seq,
  priority: 50,
  preemptible: false,
  ...given,
  shape: shape(given.shape),
});

export const attempt = (
  seq: number,
  worker: string,
  given: GivenWorkload & Partial<Omit<RunningAttempt, 'shape'>> = {},
): RunningAttempt => ({
  ...workload(seq, given),
  worker,
  startedAt: 0,
  ...given,
  shape: shape(given.shape),
});

type GivenWorker = Partial<Omit<WorkerView, 'capacity'>> & {readonly capacity?: Partial<WorkerView['capacity']>};

export const worker = (name: string, given: GivenWorker = {}): WorkerView => ({
  name,
  labels: {},
  ports: [],
  drained: false,
  ...given,
  capacity: {cpu: 2, memory: 4 * gibibyte, gpu: 0, disk: 100 * gibibyte, ...given.capacity},
});

export const customer = (id: string, given: Partial<CustomerView> = {}): CustomerView => ({
  id,
  tier: 'standard',
  limits: {},
  used: 0,
  usedAt: 0,
  ...given,
});

export type Settings = {
  readonly [K in keyof QueueSettings]?: QueueSettings[K] extends object ? Partial<QueueSettings[K]> : QueueSettings[K];
};

export const settings = (given: Settings = {}): QueueSettings =>
  ({
    ...defaultSettings,
    ...given,
    aging: {...defaultSettings.aging, ...given.aging},
    fairShare: {...defaultSettings.fairShare, ...given.fairShare},
    preemption: {...defaultSettings.preemption, ...given.preemption},
  }) as QueueSettings;

export interface Given {
  readonly workers?: readonly WorkerView[];
  readonly customers?: readonly CustomerView[];
  readonly running?: readonly RunningAttempt[];
  readonly queued?: readonly QueuedWorkload[];
  readonly settings?: Settings;
}

/** A queue that has been told all of this. */
export function queueOf(given: Given): Queue {
  const queue = new Queue(settings(given.settings));
  for (const view of given.customers ?? []) queue.setCustomer(view);
  queue.setWorkers(given.workers ?? []);
  for (const each of given.running ?? []) queue.running(each);
  for (const each of given.queued ?? []) queue.add(each);
  return queue;
}

/** `w1@h1 w2@h2`, in the order of the starts. */
export const starts = (decisions: readonly Decision[]): string =>
  decisions.flatMap(each => (each.kind === 'start' ? [`${each.workload}@${each.worker}`] : [])).join(' ');

/** `w2 w1`. */
export const order = (decisions: readonly Decision[]): string =>
  decisions.flatMap(each => (each.kind === 'start' ? [each.workload] : [])).join(' ');
