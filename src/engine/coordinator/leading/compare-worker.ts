import type {HostName} from '../../spec/stack.ts';
import type {Log} from '../log.ts';
import type {Store, WorkloadId, WorkloadRow} from '../store/store.ts';
import type {AttemptHost, FoundAttempt, WorkloadType} from '../types/workload-type.ts';
import type {Remains} from '../workers/agent.ts';
import {holdsPlace} from '../workload-states.ts';

export interface ComparedWith {
  readonly store: Store;
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
export async function compareWorker(
  host: HostName,
  remains: Remains,
  {store, log}: ComparedWith,
): Promise<readonly Ahead[]> {
  const ahead: Ahead[] = [];
  for (const {workload, attempt, running} of await remains.found()) {
    const row = await store.workload('everyone', workload);
    const belongs = whose(row, attempt, host);
    if (belongs === 'store') continue;
    if (belongs === 'ahead' && running) {
      ahead.push({workload, attempt, worker: host});
      continue;
    }
    log.info({workload, attempt, host, state: row?.state}, 'an attempt that nobody waits for is ended');
    await remains.clear({workload, attempt});
  }
  return ahead;
}

/** What the types of this process find on a host that they reach. */
export function remainsOn(host: AttemptHost, types: Iterable<WorkloadType>): Remains {
  const owners = new Map<string, WorkloadType>();
  const keyOf = ({workload, attempt}: {readonly workload: WorkloadId; readonly attempt: number}) =>
    `${workload}.${attempt}`;
  return {
    async found() {
      const all: FoundAttempt[] = [];
      for (const type of types)
        for (const each of (await type.found?.(host)) ?? []) {
          owners.set(keyOf(each), type);
          all.push(each);
        }
      return all;
    },
    async clear(found) {
      await owners.get(keyOf(found))?.clear?.(host, found);
    },
  };
}

function whose(row: WorkloadRow | undefined, attempt: number, host: HostName): 'store' | 'ahead' | 'nobody' {
  if (!row) return 'nobody';
  if (holdsPlace(row.state)) return row.attempt === attempt && row.worker === host ? 'store' : 'nobody';
  const waits = row.state === 'PENDING' || row.state === 'RETRYING';
  return waits && attempt === row.attempt + 1 ? 'ahead' : 'nobody';
}
