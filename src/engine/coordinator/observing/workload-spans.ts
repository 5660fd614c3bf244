import {type FinishedSpan, spanIdOf, traceContextOf} from '../../telemetry/tracing/index.ts';
import type {EventRow, WorkloadRow} from '../store/store.ts';
import {hasEnded, type WorkloadState} from '../workload-states.ts';

/** A stay in one state. */
interface Stay {
  readonly state: WorkloadState;
  readonly attempt: number;
  readonly startMs: number;
  readonly endMs: number;
  /** What it went over to, and why. */
  readonly to: WorkloadState;
  readonly reason?: string;
}

/**
 * The trace of a workload that has ended, made of its events alone: whoever makes it, before or after a change of the leader,
 * makes the same spans with the same ids. Nothing for one that was not submitted with a context.
 */
export function workloadSpans(row: WorkloadRow, events: readonly EventRow[]): readonly FinishedSpan[] {
  const submitted = traceContextOf(row.traceparent);
  if (!submitted) return [];
  const stays = staysIn(events);
  const last = stays.at(-1);
  if (!last) return [];
  const of = {
    'niyanta.workload.id': row.id,
    'niyanta.workload.name': row.workload.name,
    'niyanta.customer': row.customer,
  };
  const idOf = (...what: (string | number)[]) => spanIdOf(submitted.traceId, row.id, ...what);
  const made = (
    name: string,
    id: string,
    parent: string,
    {startMs, endMs}: Pick<Stay, 'startMs' | 'endMs'>,
    more: FinishedSpan['attributes'] = {},
    error?: string,
  ): FinishedSpan => ({
    name,
    context: {...submitted, spanId: id},
    parent,
    kind: 'internal',
    startMs,
    endMs,
    attributes: {...of, ...more},
    ...(error !== undefined && {error}),
  });
  const whole = idOf('workload');
  const failed = row.state === 'FAILED' ? (row.reason ?? 'failed') : undefined;
  const length = {startMs: row.acceptedAt, endMs: last.endMs};
  const spans = [
    made(
      'workload',
      whole,
      submitted.spanId,
      length,
      {'niyanta.state': last.to, 'niyanta.attempts': row.attempt},
      failed,
    ),
  ];
  for (const [attempt, own] of byAttempt(stays)) {
    const first = own[0]!;
    const end = own.at(-1)!;
    const error = end.to === 'RETRYING' || end.to === 'FAILED' ? (end.reason ?? end.to) : undefined;
    const about = {'niyanta.attempt': attempt};
    spans.push(
      made(
        'attempt',
        attemptSpanId(row, submitted.traceId, attempt),
        whole,
        {...first, endMs: end.endMs},
        about,
        error,
      ),
    );
  }
  stays.forEach((stay, index) => {
    const name = names[stay.state];
    if (name === undefined) return;
    const parent = isWaiting(stay.state) ? whole : attemptSpanId(row, submitted.traceId, stay.attempt);
    // A job's own spans are under the first stay in RUNNING of its attempt, whose id it was told.
    const again = stays.slice(0, index).some(each => each.state === stay.state && each.attempt === stay.attempt);
    const id = again ? idOf(name, stay.attempt, index) : idOf(name, stay.attempt);
    spans.push(
      made(name, id, parent, stay, {
        'niyanta.attempt': stay.attempt,
        ...(stay.reason && {'niyanta.reason': stay.reason}),
      }),
    );
  });
  return spans;
}

/** Of the span that a started attempt's own spans belong to: what is told to its container. */
export const runSpanId = ({id}: Pick<WorkloadRow, 'id'>, traceId: string, attempt: number): string =>
  spanIdOf(traceId, id, 'run', attempt);

export const attemptSpanId = ({id}: Pick<WorkloadRow, 'id'>, traceId: string, attempt: number): string =>
  spanIdOf(traceId, id, 'attempt', attempt);

const names: Partial<Record<WorkloadState, string>> = {
  PENDING: 'wait in queue',
  RETRYING: 'wait for retry',
  PAUSED: 'paused',
  SCHEDULED: 'schedule',
  STARTING: 'start',
  RUNNING: 'run',
  CHECKPOINTING: 'checkpoint',
  LOST: 'lost',
};

const isWaiting = (state: WorkloadState): boolean => state === 'PENDING' || state === 'RETRYING' || state === 'PAUSED';

function staysIn(events: readonly EventRow[]): readonly Stay[] {
  const moves = events.filter(({to, from}) => to !== undefined && to !== from);
  return moves.slice(0, -1).flatMap((event, index) => {
    const next = moves[index + 1]!;
    if (hasEnded(event.to!)) return [];
    const {reason} = next.data as {reason?: string};
    const stay = {state: event.to!, attempt: event.attempt ?? 0, startMs: event.at, endMs: next.at, to: next.to!};
    return [{...stay, ...(reason !== undefined && {reason})}];
  });
}

function byAttempt(stays: readonly Stay[]): ReadonlyMap<number, readonly Stay[]> {
  const all = new Map<number, Stay[]>();
  for (const stay of stays) {
    if (isWaiting(stay.state)) continue;
    const own = all.get(stay.attempt) ?? [];
    all.set(stay.attempt, own);
    own.push(stay);
  }
  return all;
}
