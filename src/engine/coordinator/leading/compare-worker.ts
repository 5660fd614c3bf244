import type {HostName} from '../../spec/stack.ts';
import type {Log} from '../log.ts';
import type {Store, WorkloadId, WorkloadRow} from '../store/store.ts';
import type {AttemptHost, WorkloadType} from '../types/workload-type.ts';
import {holdsPlace} from '../workload-states.ts';

export interface ComparedWith {
  readonly store: Store;
  readonly types: Iterable<WorkloadType>;
  readonly log: Log;
}

/** An attempt that runs there and comes after all that the store knows of: of a store that was restored from a backup. */
export interface Ahead {
  readonly workload: WorkloadId;
  readonly attempt: number;
  readonly worker: HostName;
}

/**
 * Holds what is on a worker against the store: what the store has there stays, whatever else there is of workloads is ended
 * and removed. An attempt that the store has yet to make is left, to be placed where it runs.
 */
export async function compareWorker(host: AttemptHost, {store, types, log}: ComparedWith): Promise<readonly Ahead[]> {
  const ahead: Ahead[] = [];
  for (const type of types) {
    for (const {workload, attempt, running} of (await type.found?.(host)) ?? []) {
      const row = await store.workload('everyone', workload);
      const belongs = whose(row, attempt, host.name);
      if (belongs === 'store') continue;
      if (belongs === 'ahead' && running) {
        ahead.push({workload, attempt, worker: host.name});
        continue;
      }
      log.info({workload, attempt, host: host.name, state: row?.state}, 'an attempt that nobody waits for is ended');
      await type.clear?.(host, {workload, attempt});
    }
  }
  return ahead;
}

function whose(row: WorkloadRow | undefined, attempt: number, host: HostName): 'store' | 'ahead' | 'nobody' {
  if (!row) return 'nobody';
  if (holdsPlace(row.state)) return row.attempt === attempt && row.worker === host ? 'store' : 'nobody';
  const waits = row.state === 'PENDING' || row.state === 'RETRYING';
  return waits && attempt === row.attempt + 1 ? 'ahead' : 'nobody';
}
