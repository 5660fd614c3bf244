import {
  defaultSettings,
  type QueuedWorkload,
  type RunningAttempt,
  type Tried,
  tryOut,
  type WorkerView,
} from '../../scheduler/queue/index.ts';
import type {Workload} from '../../spec/workload.ts';
import type {Coordinator, WorkerNow} from '../coordinator.ts';
import type {CustomerId, Store, WorkloadRow} from '../store/store.ts';
import {holdsPlace, workloadStates} from '../workload-states.ts';

export interface PlacementWish {
  readonly customer: CustomerId;
  readonly workloads: readonly Workload[];
  /** In place of the workers that there are, and of what runs on them. */
  readonly workers?: readonly WorkerView[];
  readonly strategy?: 'binpack' | 'spread';
}

const pageSize = 1000;

/**
 * Where workloads would start now, as far as room, ports and affinities say; quotas and those that wait are left out of it.
 * Nothing is reserved or kept. In the order given.
 */
export async function tryPlacement(coordinator: Coordinator, wish: PlacementWish): Promise<readonly Tried[]> {
  const {store} = coordinator;
  const now = await store.now();
  return tryOut({
    workers: wish.workers ?? (await coordinator.workers()).map(viewOf),
    running: wish.workers ? [] : await running(store),
    wanted: wish.workloads.map((workload, index) => wanted(workload, index, wish.customer, now)),
    settings: {...defaultSettings, ...(wish.strategy && {strategy: wish.strategy})},
    now,
  });
}

function viewOf({name, region, labels, capacity, drained, unusable, condition}: WorkerNow): WorkerView {
  const why = condition === 'suspect' || condition === 'lost' ? 'is silent' : unusable;
  return {
    name,
    ...(region !== undefined && {region}),
    labels,
    capacity,
    ports: [],
    drained,
    ...(why !== undefined && {unusable: why}),
  };
}

async function running(store: Store): Promise<readonly RunningAttempt[]> {
  const attempts: RunningAttempt[] = [];
  const states = workloadStates.filter(holdsPlace);
  for (let after: string | undefined; ; ) {
    const {items, next} = await store.workloads('everyone', {states, limit: pageSize, ...(after && {after})});
    attempts.push(...items.flatMap(attemptOf));
    if (next === undefined) return attempts;
    after = next;
  }
}

const attemptOf = (row: WorkloadRow): readonly RunningAttempt[] =>
  row.worker === undefined
    ? []
    : [
        {
          ...queued(row.id, row.workload, row.customer, row.seq, row.acceptedAt),
          worker: row.worker,
          startedAt: row.changedAt,
        },
      ];

const wanted = (workload: Workload, index: number, customer: CustomerId, now: number): QueuedWorkload =>
  queued(`wanted-${index}`, workload, customer, Number.MAX_SAFE_INTEGER - 1_000_000 + index, now);

const queued = (
  id: string,
  workload: Workload,
  customer: CustomerId,
  seq: number,
  acceptedAt: number,
): QueuedWorkload => ({
  id,
  name: workload.name,
  customer,
  seq,
  acceptedAt,
  priority: workload.priority,
  preemptible: workload.preemptible,
  shape: {
    ...workload.placement,
    resources: workload.resources,
    ports: workload.container?.ports ?? [],
    exclude: [],
  },
});
