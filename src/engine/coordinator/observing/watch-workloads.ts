import type {Measures} from '../../telemetry/metrics/measures.ts';
import type {EventRow, Store} from '../store/store.ts';

/** Workloads whose times are kept until they are known whole; the oldest are given up beyond this. */
const MOST = 100_000;

type Durations =
  | 'niyanta_schedule_duration_seconds'
  | 'niyanta_start_duration_seconds'
  | 'niyanta_run_duration_seconds';

interface Times {
  readonly accepted: number;
  scheduled?: number;
  started?: number;
}

const PAGE = 1000;
/** Events that are read for one answer at most; what is beyond is read for the next ones. */
const MOST_PAGES = 50;

/**
 * What transitions tell: how long workloads wait, start and run, how they end. Events have their times: they are read
 * when somebody wants to know, not as they come. Returns what reads on; the first time is where it begins.
 */
export function watchWorkloads(store: Store, measures: Measures): () => Promise<void> {
  const times = new Map<string, Times>();

  const seconds = (name: Durations, ms: number) => measures.observe(name, {}, Math.max(0, ms) / 1000);
  let position: number | undefined;
  let reading: Promise<void> | undefined;

  return () => {
    reading ??= readOn().finally(() => {
      reading = undefined;
    });
    return reading;
  };

  async function readOn(): Promise<void> {
    position ??= await store.newestEvent();
    for (let page = 0; page < MOST_PAGES; page++) {
      const events = await store.events('everyone', {after: position, limit: PAGE});
      for (const event of events) count(event);
      position = events.at(-1)?.seq ?? position;
      if (events.length < PAGE) return;
    }
  }

  function count(event: EventRow): void {
    if (event.type === 'leader.elected') measures.add('niyanta_elections_total', {});
    if (event.workload === undefined || event.to === undefined) return;
    if (event.to === 'RETRYING') measures.add('niyanta_retries_total', {});
    if (event.to === 'SUCCEEDED' || event.to === 'FAILED' || event.to === 'CANCELLED') {
      measures.add('niyanta_workloads_ended_total', {state: event.to});
      measures.add('niyanta_customer_workloads_ended_total', {customer: event.customer ?? 'none', state: event.to});
    }
    measure(event as EventRow & {readonly workload: string});
  }

  function measure({workload, to, from, at}: EventRow & {readonly workload: string}): void {
    if (from === undefined) {
      if (times.size >= MOST) times.delete(times.keys().next().value!);
      times.set(workload, {accepted: at});
      return;
    }
    const known = times.get(workload);
    if (known === undefined) return;
    if (to === 'SCHEDULED') {
      if (known.scheduled === undefined) seconds('niyanta_schedule_duration_seconds', at - known.accepted);
      known.scheduled = at;
    } else if (to === 'RUNNING' && from !== 'CHECKPOINTING') {
      if (known.scheduled !== undefined) seconds('niyanta_start_duration_seconds', at - known.scheduled);
      known.started = at;
    } else if (to !== 'STARTING' && to !== 'CHECKPOINTING' && known.started !== undefined && to !== 'LOST') {
      seconds('niyanta_run_duration_seconds', at - known.started);
      known.started = undefined;
    }
    if (to === 'SUCCEEDED' || to === 'FAILED' || to === 'CANCELLED') times.delete(workload);
  }
}
