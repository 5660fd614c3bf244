import type {Coordinator} from '../coordinator.ts';
import type {EventRow, Scope, WorkloadId} from '../store/store.ts';

export interface EventsWish {
  readonly scope: Scope;
  /** Whether events of this customer are for the reader: the same as `scope`, of what is told. */
  readonly sees: (customer: string | undefined) => boolean;
  readonly workload?: WorkloadId;
  readonly types?: readonly string[];
  /** Goes on after this `seq`; only what happens from now on, without it. */
  readonly after?: number;
  readonly signal: AbortSignal;
}

const PAGE = 500;

/**
 * What happens, each event once, in order, until `signal`. Read from the store at the reader's pace: who is slow makes
 * nothing pile up here.
 */
export async function* workloadEvents(
  coordinator: Coordinator,
  {scope, sees, workload, types, after, signal}: EventsWish,
): AsyncGenerator<EventRow> {
  const {store} = coordinator;
  let told = Promise.withResolvers<void>();
  const wake = () => told.resolve();
  const stop = coordinator.subscribe(event => {
    const fits = sees(event.customer) && (workload === undefined || event.workload === workload);
    if (fits && (types === undefined || types.includes(event.type))) wake();
  });
  signal.addEventListener('abort', wake, {once: true});
  try {
    let last = after ?? (await store.newestEvent());
    while (!signal.aborted) {
      told = Promise.withResolvers();
      // Nothing with a smaller number appears later: what does not fit up to here need not be looked at again.
      const newest = await store.newestEvent();
      const rows = await store.events(scope, {after: last, workload, types, limit: PAGE});
      for (const row of rows) {
        yield row;
        last = row.seq;
      }
      if (rows.length === PAGE) continue;
      last = Math.max(last, newest);
      await told.promise;
    }
  } finally {
    signal.removeEventListener('abort', wake);
    stop();
  }
}
