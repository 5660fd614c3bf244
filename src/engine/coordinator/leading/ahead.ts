import type {HostName} from '../../spec/stack.ts';
import type {WorkloadId, WorkloadRow} from '../store/store.ts';
import {hasEnded, holdsPlace} from '../workload-states.ts';

/** An attempt on a worker that comes after all that the store knows of its workload: of a store that was restored from a backup. */
export interface Ahead {
  readonly workload: WorkloadId;
  readonly attempt: number;
  readonly worker: HostName;
  /** It runs, or what it left is still there. */
  readonly there: boolean;
}

/** Why it is placed where it is. */
export const foundThere = 'it was found there';

/** Whether the store has yet to make it. */
export const isAhead = ({attempt}: Pick<Ahead, 'attempt'>, row: WorkloadRow | undefined): row is WorkloadRow =>
  row !== undefined && !hasEnded(row.state) && row.attempt < attempt;

/** Of each workload the one that comes first. */
export function firstOfEach(all: readonly Ahead[]): readonly Ahead[] {
  const first = new Map<WorkloadId, Ahead>();
  for (const each of all) {
    const before = first.get(each.workload);
    if (!before || each.attempt < before.attempt) first.set(each.workload, each);
  }
  return [...first.values()];
}

/**
 * From when on (database's clock) hosts may know of ends that the store does not: since the oldest change of one that waits,
 * or the newest of one that holds a place. Undefined: nothing is to be learnt. All that was changed since a backup was put
 * back is newer than the backup.
 */
export function endsSince(rows: Iterable<Pick<WorkloadRow, 'state' | 'changedAt'>>): number | undefined {
  let waits = Number.POSITIVE_INFINITY;
  let placed = Number.NEGATIVE_INFINITY;
  for (const {state, changedAt} of rows) {
    if (holdsPlace(state)) placed = Math.max(placed, changedAt);
    else if (state !== 'PAUSED') waits = Math.min(waits, changedAt);
  }
  if (placed === Number.NEGATIVE_INFINITY) return waits === Number.POSITIVE_INFINITY ? undefined : waits;
  return Math.min(waits, placed);
}
