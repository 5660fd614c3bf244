import type {Tracing} from '../../telemetry/tracing/index.ts';
import type {Coordinator} from '../coordinator.ts';
import type {Log} from '../log.ts';
import type {EventRow, WorkloadId} from '../store/store.ts';
import {hasEnded} from '../workload-states.ts';
import {workloadSpans} from './workload-spans.ts';

/** What a leader may have left untold: events so far back are looked through by the next one. */
const eventsBefore = 2000;
const mostEvents = 1000;

/**
 * The leader tells the trace of each workload that has ended; a new one tells of the newest again, with the same ids, since
 * the one before may have ended before it could. Returns how to stop; what was begun is told then.
 */
export function traceWorkloads(
  coordinator: Pick<Coordinator, 'store' | 'subscribe' | 'leads' | 'id'>,
  tracing: Tracing,
  log: Log,
): () => Promise<void> {
  const {store, id} = coordinator;
  const telling = new Set<Promise<void>>();
  const begin = (work: Promise<void>) => {
    const done = work
      .catch(error => log.debug({err: error}, 'a trace could not be told'))
      .finally(() => telling.delete(done));
    telling.add(done);
  };
  const unsubscribe = coordinator.subscribe(event => {
    if (event.type === 'leader.elected' && event.actor.name === `coordinator:${id}`) begin(tellOfNewest(event.seq));
    const ended = endOf(event);
    if (ended !== undefined && coordinator.leads()) begin(tell(ended));
  });
  if (coordinator.leads()) begin(store.newestEvent().then(tellOfNewest));
  return async () => {
    unsubscribe();
    await Promise.all(telling);
  };

  async function tellOfNewest(newest: number): Promise<void> {
    const after = Math.max(0, newest - eventsBefore);
    const events = await store.events('everyone', {after, types: ['workload.state'], limit: eventsBefore});
    for (const workload of new Set(events.flatMap(event => endOf(event) ?? []))) await tell(workload);
  }

  async function tell(workload: WorkloadId): Promise<void> {
    const row = await store.workload('everyone', workload);
    if (row?.traceparent === undefined || !hasEnded(row.state)) return;
    const events = await store.events('everyone', {workload, limit: mostEvents});
    for (const span of workloadSpans(row, events)) tracing.finished(span);
  }
}

const endOf = ({workload, to}: EventRow): WorkloadId | undefined =>
  to !== undefined && hasEnded(to) ? workload : undefined;
