import {attemptId} from '../runtime/workloads/attempt-spec.ts';
import type {Scope, Store, WorkloadRow} from './store/store.ts';
import type {UsageLooks} from './workers/usage-looks.ts';
import type {WorkerPool} from './workers/worker-pool.ts';
import type {WorkloadState} from './workload-states.ts';

/** A workload that holds a place, and what its container uses now. */
export interface WorkloadFigures {
  readonly row: WorkloadRow;
  /** Cores, since the look before. Absent of what runs in no container, or where its worker cannot be asked. */
  readonly cpu?: number;
  /** Bytes. */
  readonly memory?: number;
  /** Bytes; absent without a limit. */
  readonly memoryLimit?: number;
}

interface FiguresParts {
  readonly store: Store;
  readonly workers: WorkerPool;
  readonly looks: UsageLooks;
}

const here: readonly WorkloadState[] = ['STARTING', 'RUNNING', 'CHECKPOINTING', 'LOST'];

/** What runs, newest first, at most `limit`; each worker that has any of it is looked at once. */
export async function workloadFigures(
  {store, workers, looks}: FiguresParts,
  scope: Scope,
  limit: number,
): Promise<readonly WorkloadFigures[]> {
  const {items} = await store.workloads(scope, {states: here, limit});
  const names = [...new Set(items.flatMap(({worker}) => worker ?? []))];
  const pairs = names.map(async name => {
    const worker = workers.worker(name);
    return [name, worker ? await looks.of(worker) : new Map()] as const;
  });
  const usage = new Map(await Promise.all(pairs));
  return items.map(row => {
    const id = attemptId({workload: row.id, attempt: row.attempt});
    return {row, ...usage.get(row.worker ?? '')?.get(id)};
  });
}
