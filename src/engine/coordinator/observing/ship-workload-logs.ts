import {createHash} from 'node:crypto';
import type {LogRecord} from '../../telemetry/logs/log-record.ts';
import {traceContextOf} from '../../telemetry/tracing/index.ts';
import type {Coordinator} from '../coordinator.ts';
import type {Log} from '../log.ts';
import type {LogLine} from '../log-line.ts';
import type {EventRow, WorkloadId, WorkloadRow} from '../store/store.ts';
import {holdsPlace} from '../workload-states.ts';

/** Attempts whose lines are followed at once; those beyond are read when they have ended. */
const mostFollowed = 100;
const pageSize = 500;

export interface ShippingParts {
  readonly coordinator: Pick<Coordinator, 'store' | 'subscribe' | 'leads' | 'logs' | 'id'>;
  readonly take: (record: LogRecord) => void;
  readonly log: Log;
}

/**
 * The leader sends what jobs print, as they print it. Whoever leads next begins their lines anew: each has an id, and a time
 * of its host, by which it is known again. Returns how to stop.
 */
export function shipWorkloadLogs({coordinator, take, log}: ShippingParts): () => Promise<void> {
  const stopping = new AbortController();
  const known = new Set<string>();
  const working = new Set<Promise<void>>();
  let afterwards: Promise<void> = Promise.resolve();
  let followed = 0;
  const unsubscribe = coordinator.subscribe(event => {
    if (event.type === 'leader.elected' && event.actor.name === `coordinator:${coordinator.id}`) begin(takeOver());
    if (coordinator.leads()) hear(event);
  });
  if (coordinator.leads()) begin(takeOver());
  return async () => {
    unsubscribe();
    stopping.abort();
    await Promise.all([...working, afterwards]);
  };

  function begin(work: Promise<void>): void {
    const done = work
      .catch(error => log.warn({err: error}, 'lines of a workload could not be sent'))
      .finally(() => working.delete(done));
    working.add(done);
  }

  function hear({workload, to, from, attempt}: EventRow): void {
    if (workload === undefined || attempt === undefined || to === undefined) return;
    if (to === 'RUNNING') beginOnce(workload, attempt);
    const wasPlaced = from !== undefined && holdsPlace(from);
    if (!wasPlaced || holdsPlace(to)) return;
    const missed = !known.delete(`${workload}.${attempt}`);
    if (missed && from !== 'SCHEDULED') afterwards = afterwards.then(() => readOnce(workload, attempt, false));
  }

  function beginOnce(workload: WorkloadId, attempt: number): void {
    const key = `${workload}.${attempt}`;
    if (known.has(key) || followed >= mostFollowed) return;
    known.add(key);
    followed += 1;
    begin(
      readOnce(workload, attempt, true).finally(() => {
        followed -= 1;
      }),
    );
  }

  async function takeOver(): Promise<void> {
    let after: string | undefined;
    do {
      const page = await coordinator.store.workloads('everyone', {
        states: ['RUNNING', 'CHECKPOINTING'],
        limit: pageSize,
        ...(after !== undefined && {after}),
      });
      for (const {id, attempt} of page.items) beginOnce(id, attempt);
      after = page.next;
    } while (after !== undefined && !stopping.signal.aborted);
  }

  async function readOnce(workload: WorkloadId, attempt: number, follow: boolean): Promise<void> {
    try {
      const row = await coordinator.store.workload('everyone', workload);
      const lines = row && (await coordinator.logs('everyone', workload, {attempt, follow, signal: stopping.signal}));
      for await (const line of lines ?? []) take(recordOf(row!, line));
    } catch (error) {
      if (!stopping.signal.aborted) log.warn({err: error, workload, attempt}, 'lines of a workload could not be sent');
    }
  }
}

function recordOf(row: WorkloadRow, {id, at, stream, text, attempt}: LogLine): LogRecord {
  const {workload, customer, request, traceparent, worker} = row;
  const traceId = traceContextOf(traceparent)?.traceId;
  return {
    at,
    source: 'workload',
    level: 'info',
    message: text,
    fields: {
      workload: row.id,
      name: workload.name,
      customer,
      attempt,
      stream,
      ...(worker !== undefined && {host: worker}),
      ...(request !== undefined && {requestId: request}),
      ...(traceId !== undefined && {traceId}),
    },
    id: createHash('sha256').update(`${row.id}.${attempt}.${id}`).digest('hex').slice(0, 32),
  };
}
