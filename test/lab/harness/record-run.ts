import type {EventRow, Store} from '../../../src/engine/coordinator/store/store.ts';
import type {
  ContainerEvent,
  RecordedHistory,
  StoredWorkload,
} from '../../engine/coordinator/harness/recorded-history.ts';

/** What the database and the hosts say of a run, to be held against what clients were told. */
export async function recordRun(
  store: Store,
  acknowledged: RecordedHistory['acknowledged'],
  containers?: readonly ContainerEvent[],
): Promise<RecordedHistory> {
  const workloads: StoredWorkload[] = [];
  for (let after: string | undefined, more = true; more; ) {
    const page = await store.workloads('everyone', {limit: 1000, ...(after === undefined ? {} : {after})});
    // All that tests submit is alike: one line.
    workloads.push(...page.items.map(row => ({...row, line: `${row.customer} ${row.workload.type}`})));
    after = page.next;
    more = after !== undefined;
  }
  const events: EventRow[] = [];
  for (let page = await store.events('everyone', {limit: 1000}); page.length > 0; ) {
    events.push(...page);
    page = await store.events('everyone', {after: page.at(-1)!.seq, limit: 1000});
  }
  return {acknowledged, events, workloads, ...(containers && {containers})};
}
