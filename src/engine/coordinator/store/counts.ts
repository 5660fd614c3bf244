import type {WorkloadState} from '../workload-states.ts';
import type {Session} from './database.ts';
import type {CustomerId} from './store.ts';
import {countsTable} from './tables.ts';

/** So many more, or fewer, of a customer's workloads are in a state. */
export interface CountChange {
  readonly customer: CustomerId;
  readonly state: WorkloadState;
  readonly count: number;
}

/**
 * Keeps the counts as the workloads are, in the transaction that changes these. After `takeNumbers` alone: there is one
 * writer from then on, so that nobody waits for a row of counts.
 */
export async function addCounts(session: Session, changes: readonly CountChange[]): Promise<void> {
  const sums = new Map<string, CountChange>();
  for (const change of changes) {
    const key = `${change.state} ${change.customer}`;
    sums.set(key, {...change, count: (sums.get(key)?.count ?? 0) + change.count});
  }
  await session.insert(
    countsTable,
    [...sums.values()].filter(({count}) => count !== 0).map(({customer, state, count}) => ({customer, state, count})),
    ADDED,
  );
}

/** Of an insert into the table of counts, so that it adds. */
export const ADDED = 'on conflict (customer, state) do update set count = workload_counts.count + excluded.count';
