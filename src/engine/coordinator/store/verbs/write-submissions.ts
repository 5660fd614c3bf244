import type {Session} from '../database.ts';
import {type MoveEvent, writeEvents} from '../events.ts';
import {textOf} from '../row-mapping.ts';
import type {Submission, WorkloadId, WorkloadRow} from '../store.ts';
import {edgesTable, workloadsTable} from '../tables.ts';

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
  const now = await session.now();
  const cancelled = news.filter(each => each.cancelled !== undefined);
  const events = [...news.map(acceptedEvent), ...cancelled.map(cancelledEvent)];
  const first = await writeEvents(session, events, 0, now);
  const changedOf = new Map(cancelled.map((each, index) => [each, first + news.length + index]));
  await session.insert(
    workloadsTable,
    news.map((each, index) => cellsOf(each, first + index, changedOf.get(each), now)),
  );
  const edges = news.flatMap(each =>
    each.cancelled === undefined ? each.waitsFor.map(({id}) => ({predecessor: id, dependant: each.submission.id})) : [],
  );
  // Two rules about one workload share an edge.
  await session.insert(edgesTable, edges, 'on conflict do nothing');
  await session.hint();
  return new Map(news.map(({submission}, index) => [submission.id, first + index]));
}

const cellsOf = (
  {submission, content, waitsFor, cancelled}: NewWorkload,
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
  spec: JSON.stringify(submission.workload),
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
  waits_for: waitsFor.length === 0 ? undefined : JSON.stringify(waitsFor),
});

const acceptedEvent = ({submission}: NewWorkload): MoveEvent => ({
  type: 'workload.accepted',
  customer: submission.customer,
  workload: submission.id,
  actor: submission.actor,
  to: 'PENDING',
  data: {},
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
