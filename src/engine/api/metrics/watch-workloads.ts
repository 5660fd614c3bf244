import {Counter, Histogram, type Registry} from 'prom-client';
import type {EventRow, Store} from '../../coordinator/store/store.ts';

/** Workloads whose times are kept until they are known whole; the oldest are given up beyond this. */
const MOST = 100_000;

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
export function watchWorkloads(store: Store, registers: Registry[]): () => Promise<void> {
  const waited = new Histogram({
    name: 'niyanta_schedule_duration_seconds',
    help: 'From acceptance to the first place.',
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 60, 300, 1800, 3600],
    registers,
  });
  const starting = new Histogram({
    name: 'niyanta_start_duration_seconds',
    help: 'From being placed to running.',
    buckets: [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    registers,
  });
  const running = new Histogram({
    name: 'niyanta_run_duration_seconds',
    help: 'How long attempts ran.',
    buckets: [0.01, 0.1, 0.5, 1, 5, 30, 60, 300, 900, 3600, 4 * 3600, 24 * 3600],
    registers,
  });
  const ended = new Counter({
    name: 'niyanta_workloads_ended_total',
    help: 'Workloads that came to an end.',
    labelNames: ['state'],
    registers,
  });
  const retried = new Counter({name: 'niyanta_retries_total', help: 'Attempts that are tried again.', registers});
  const elections = new Counter({name: 'niyanta_elections_total', help: 'Changes of the leader.', registers});
  const times = new Map<string, Times>();

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
    if (event.type === 'leader.elected') elections.inc();
    if (event.workload === undefined || event.to === undefined) return;
    if (event.to === 'RETRYING') retried.inc();
    if (event.to === 'SUCCEEDED' || event.to === 'FAILED' || event.to === 'CANCELLED') ended.labels(event.to).inc();
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
      if (known.scheduled === undefined) waited.observe((at - known.accepted) / 1000);
      known.scheduled = at;
    } else if (to === 'RUNNING' && from !== 'CHECKPOINTING') {
      if (known.scheduled !== undefined) starting.observe((at - known.scheduled) / 1000);
      known.started = at;
    } else if (to !== 'STARTING' && to !== 'CHECKPOINTING' && known.started !== undefined && to !== 'LOST') {
      running.observe((at - known.started) / 1000);
      known.started = undefined;
    }
    if (to === 'SUCCEEDED' || to === 'FAILED' || to === 'CANCELLED') times.delete(workload);
  }
}
