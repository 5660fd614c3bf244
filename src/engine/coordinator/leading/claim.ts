import type {HostName} from '../../spec/stack.ts';
import type {WorkloadRow} from '../store/store.ts';
import type {FoundAttempt} from '../types/workload-type.ts';
import {hasEnded, holdsPlace} from '../workload-states.ts';

/**
 * What becomes of an attempt that was found on a worker. `store`: the store has it there, or nothing is left of it.
 * `ahead`: it comes after all that the store knows of, which was restored from a backup: the store is told by beginning it
 * there. `remove`: nobody waits for it. `remove-ahead`: the same, but how it ended is still to be told.
 */
export type Claim = 'store' | 'ahead' | 'remove' | 'remove-ahead';

export function claimOf(
  row: Pick<WorkloadRow, 'state' | 'attempt' | 'worker'> | undefined,
  {attempt, running, ended}: Pick<FoundAttempt, 'attempt' | 'running' | 'ended'>,
  host: HostName,
): Claim {
  const later = row !== undefined && !hasEnded(row.state) && attempt > row.attempt;
  if (ended === 'kept') return later ? 'ahead' : 'store';
  if (!row) return 'remove';
  if (holdsPlace(row.state)) {
    if (row.attempt === attempt && row.worker === host) return 'store';
    return later && ended ? 'remove-ahead' : 'remove';
  }
  const waits = row.state === 'PENDING' || row.state === 'RETRYING';
  if (later && ended) return waits ? 'ahead' : 'remove-ahead';
  return later && waits && running ? 'ahead' : 'remove';
}
