import {addCounts} from '../counts.ts';
import type {Session} from '../database.ts';
import {eventCells, type MoveEvent} from '../events.ts';
import {takeNumbers} from '../numbers.ts';
import {textOf} from '../row-mapping.ts';
import type {Submission, WorkloadId, WorkloadRow} from '../store.ts';
import {checkpointsTable, edgesTable, eventsTable, workloadsTable} from '../tables.ts';
import {specText} from '../workload-text.ts';

/** A workload to be written. */
export interface NewWorkload {
  readonly submission: Submission;
  /** With an idempotency key. */
  readonly content?: string;
  readonly waitsFor: WorkloadRow['waitsFor'];
  /** Why it can never start. */
  readonly cancelled?: string;
}

/** Writes them in their order, with their events and edges; a workload and its event share a number. */
export async function writeSubmissions(
  session: Session,
  news: readonly NewWorkload[],
): Promise<ReadonlyMap<WorkloadId, number>> {
  const specs = news.map(({submission}) => specText(submission.workload));
  const cancelled = news.filter(each => each.cancelled !== undefined);
  const events = [...news.map(acceptedEvent), ...cancelled.map(cancelledEvent)];
  // Nobody else writes from here to the end: the rest is one round trip.
  const [now, first] = await Promise.all([session.now(), takeNumbers(session, events.length)]);
  const ends = new Map(cancelled.map((each, index) => [each, first + news.length + index]));
  const waiting = news.filter(each => each.cancelled === undefined);
  const edges = waiting.flatMap(({submission, waitsFor}) =>
    waitsFor.map(({id}) => ({predecessor: id, dependant: submission.id})),
  );
  await Promise.all([
    session.insert(eventsTable, eventCells(events, first, now)),
    session.insert(
      workloadsTable,
      news.map((each, index) => cellsOf(each, specs[index]!, first + index, ends.get(each), now)),
    ),
    // Two rules about one workload share an edge.
    session.insert(edgesTable, edges, 'on conflict do nothing'),
    session.insert(
      checkpointsTable,
      news.flatMap(({submission}) => checkpointCells(submission, now)),
    ),
    addCounts(session, [
      ...waiting.map(({submission: {customer}}) => ({customer, state: 'PENDING' as const, count: 1})),
      ...cancelled.map(({submission: {customer}}) => ({customer, state: 'CANCELLED' as const, count: 1})),
    ]),
    session.hint('workloads'),
  ]);
  return new Map(news.map(({submission}, index) => [submission.id, first + index]));
}

const cellsOf = (
  {submission, content, waitsFor, cancelled}: NewWorkload,
  spec: string,
  seq: number,
  end: number | undefined,
  now: number,
) => ({
  id: submission.id,
  customer: submission.customer,
  seq,
  changed: end ?? seq,
  state: end === undefined ? 'PENDING' : 'CANCELLED',
  name: submission.workload.name,
  version: submission.workload.version,
  labels: textOf(submission.workload.labels),
  spec,
  inputs: textOf(submission.inputs),
  batch: submission.batch,
  schedule: submission.schedule,
  idempotency_key: submission.idempotencyKey,
  content,
  accepted_at: now,
  ended_at: end === undefined ? undefined : now,
  changed_at: now,
  not_before: submission.notBefore,
  reason: cancelled,
  request: submission.actor.request,
  traceparent: submission.traceparent,
  waits_for: waitsFor.length === 0 ? undefined : JSON.stringify(waitsFor),
});

/** As its number 1, of no attempt. */
const checkpointCells = ({id, checkpoint}: Submission, now: number) =>
  checkpoint === undefined
    ? []
    : [
        {
          workload: id,
          number: 1,
          attempt: 0,
          taken_at: now,
          size: checkpoint.size,
          sha256: checkpoint.sha256,
          progress: checkpoint.progress,
          why: checkpoint.why,
          place: JSON.stringify(checkpoint.place),
        },
      ];

const acceptedEvent = ({submission}: NewWorkload): MoveEvent => ({
  type: 'workload.accepted',
  customer: submission.customer,
  workload: submission.id,
  actor: submission.actor,
  to: 'PENDING',
  data: submission.checkpoint ? {from: submission.checkpoint.of} : {},
});

const cancelledEvent = ({submission, cancelled}: NewWorkload): MoveEvent => ({
  type: 'workload.state',
  customer: submission.customer,
  workload: submission.id,
  actor: {name: 'niyanta'},
  from: 'PENDING',
  to: 'CANCELLED',
  data: {reason: cancelled},
});
