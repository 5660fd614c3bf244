import type {HostName} from '../../spec/stack.ts';
import type {Log} from '../log.ts';
import type {Store, WorkloadId, WorkloadRow} from '../store/store.ts';
import type {AttemptHost, FoundAttempt, WorkloadType} from '../types/workload-type.ts';
import type {Remains} from '../workers/agent.ts';
import type {Ahead} from './ahead.ts';
import {type Claim, claimOf} from './claim.ts';

export interface ComparedWith {
  readonly store: Store;
  readonly log: Log;
  /** What has not ended, as it was read a moment ago. */
  readonly row: (id: WorkloadId) => WorkloadRow | undefined;
  /** Ends are asked for from then on, by the database's clock. */
  readonly endsSince?: number;
  readonly onAhead: (ahead: readonly Ahead[]) => void;
}

/**
 * Holds what is on a worker against the store: what the store has there stays, whatever else there is of workloads is ended
 * and removed. An attempt that the store has yet to make is told of at once, to be placed where it is: removing takes time.
 */
export async function compareWorker(
  host: HostName,
  remains: Remains,
  {store, log, row: read, endsSince, onAhead}: ComparedWith,
): Promise<void> {
  const ahead: Ahead[] = [];
  const removed: {readonly found: FoundAttempt; readonly claim: Claim; readonly state?: WorkloadRow['state']}[] = [];
  for (const found of await remains.found(endsSince)) {
    const {workload, attempt, ended} = found;
    // Of ends there are many, nearly all of which the store knows.
    const row = ended === 'kept' ? read(workload) : await store.workload('everyone', workload);
    const claim = claimOf(row, found, host);
    if (claim === 'ahead') ahead.push({workload, attempt, worker: host, there: ended !== 'kept'});
    else if (claim !== 'store') removed.push({found, claim, ...(row && {state: row.state})});
  }
  onAhead(ahead);
  for (const {found, claim, state} of removed) {
    const {workload, attempt} = found;
    log.info({workload, attempt, host, state}, 'an attempt that nobody waits for is ended');
    await remains.clear({workload, attempt});
    if (claim === 'remove-ahead') onAhead([{workload, attempt, worker: host, there: false}]);
  }
}

/** What the types of this process find on a host that they reach. */
export function remainsOn(host: AttemptHost, types: Iterable<WorkloadType>): Remains {
  const owners = new Map<string, WorkloadType>();
  const keyOf = ({workload, attempt}: {readonly workload: WorkloadId; readonly attempt: number}) =>
    `${workload}.${attempt}`;
  return {
    async found(endsSince) {
      const all: FoundAttempt[] = [];
      for (const type of types)
        for (const each of (await type.found?.(host, endsSince)) ?? []) {
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
