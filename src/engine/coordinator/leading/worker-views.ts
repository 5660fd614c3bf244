import type {WorkerView} from '../../scheduler/queue/index.ts';
import type {HostName} from '../../spec/stack.ts';
import type {CoordinatorSettings} from '../coordinator.ts';
import type {PooledWorker} from '../workers/worker-pool.ts';
import {type Condition, conditionOf} from './silence.ts';

export interface WorkerFacts {
  readonly silence: CoordinatorSettings['silence'];
  readonly drained: ReadonlySet<HostName>;
  /** Why nothing may be placed on one, beside its own reasons. */
  readonly objection: (worker: PooledWorker) => string | undefined;
}

/** The workers as the queue sees them. */
export const workerViews = (workers: readonly PooledWorker[], facts: WorkerFacts): readonly WorkerView[] =>
  workers.map(worker => workerView(worker, facts));

function workerView(worker: PooledWorker, {silence, drained, objection}: WorkerFacts): WorkerView {
  const beat = worker.beat();
  const unusable = beat ? (silent(worker, silence) ?? beat.unusable ?? objection(worker)) : notReached(worker);
  return {
    name: worker.name,
    ...(beat?.region !== undefined && {region: beat.region}),
    labels: beat?.labels ?? {},
    capacity: beat?.capacity ?? {cpu: 0, memory: 0, gpu: 0, disk: 0},
    ports: worker.ports(),
    drained: drained.has(worker.name),
    ...(unusable !== undefined && {unusable}),
  };
}

const notReached = (worker: PooledWorker): string => worker.failure() ?? 'is being connected to';

/** In words that stay the same while it lasts: each change has the queue look again. */
const silent = (worker: PooledWorker, silence: CoordinatorSettings['silence']): string | undefined =>
  conditionOf(worker.silentMs(), silence) === 'well' ? undefined : `silent for more than ${silence.suspectMs / 1000} s`;

export const conditions = (
  workers: readonly PooledWorker[],
  silence: CoordinatorSettings['silence'],
): ReadonlyMap<HostName, Condition> =>
  new Map(workers.map(worker => [worker.name, conditionOf(worker.silentMs(), silence)]));
