import {holdsPlace} from '../../workload-states.ts';
import type {Session} from '../database.ts';
import {writeEvents} from '../events.ts';
import {lockWorkloads} from '../lock-workloads.ts';
import {checkpointOf, type Raw} from '../row-mapping.ts';
import type {CheckpointRow, NewCheckpoint, Scope, WorkloadId} from '../store.ts';
import {customerOf} from './scopes.ts';

/** Attempts go on from the newest of these. */
export const isGood = ({corrupt, aside}: CheckpointRow): boolean => corrupt === undefined && !aside;

export interface AddedCheckpoint {
  readonly outcome: 'counted' | 'fenced';
  readonly dropped: readonly CheckpointRow[];
}

export async function addCheckpoint(
  session: Session,
  checkpoint: NewCheckpoint,
  keep: number,
): Promise<AddedCheckpoint> {
  const {workload, number, attempt, lease, size, sha256, progress, why, place} = checkpoint;
  const [row] = await lockWorkloads(session, [workload]);
  const now = await session.now();
  const counts = row !== undefined && row.attempt === attempt && row.lease === lease && holdsPlace(row.state);
  const before = await allCheckpoints(session, workload);
  const same = before.find(each => each.number === number);
  // Said twice, because the first answer was lost.
  if (counts && same?.sha256 === sha256 && same.attempt === attempt) return {outcome: 'counted', dropped: []};
  if (!counts || same) return {outcome: 'fenced', dropped: []};
  await session.run(
    `insert into checkpoints (workload, number, attempt, taken_at, size, sha256, progress, why, place)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    ...[workload, number, attempt, now, size, sha256, progress, why, JSON.stringify(place)],
  );
  const dropped = beyond(keep, before);
  const numbers = dropped.map(each => each.number);
  for (const each of numbers)
    await session.run('delete from checkpoints where workload = $1 and number = $2', workload, each);
  const data = {
    number,
    why,
    size,
    ...(progress === undefined ? {} : {progress}),
    ...(numbers.length > 0 ? {dropped: numbers} : {}),
  };
  const actor = {name: `worker:${row.worker}`};
  const event = {type: 'checkpoint.taken', customer: row.customer, workload, actor, attempt, data};
  await writeEvents(session, [event], 0, now);
  await session.hint();
  return {outcome: 'counted', dropped};
}

/** Of those before a new one: good ones beyond the number that is kept, and what is older than the oldest good one kept. */
function beyond(keep: number, before: readonly CheckpointRow[]): readonly CheckpointRow[] {
  const good = before.filter(isGood);
  const oldest = good[Math.max(keep, 1) - 2];
  if (keep <= 1) return before;
  return oldest === undefined ? [] : before.filter(({number}) => number < oldest.number);
}

export async function checkpoints(session: Session, scope: Scope, id: WorkloadId): Promise<readonly CheckpointRow[]> {
  const rows = await session.rows<Raw>(
    `select c.* from checkpoints c join workloads w on w.id = c.workload
     where w.id = $1 and w.customer = coalesce($2, w.customer) order by c.number desc`,
    id,
    customerOf(scope),
  );
  return rows.map(checkpointOf);
}

export async function markCorrupt(session: Session, id: WorkloadId, number: number, reason: string): Promise<void> {
  const [row] = await lockWorkloads(session, [id]);
  const marked = await session.run(
    'update checkpoints set corrupt = $1 where workload = $2 and number = $3 and corrupt is null',
    ...[reason, id, number],
  );
  if (marked === 0) return;
  const actor = {name: 'niyanta'};
  const event = {type: 'checkpoint.corrupt', customer: row!.customer, workload: id, actor, data: {number, reason}};
  await writeEvents(session, [event], 0, await session.now());
}

/** Newest first. */
export async function allCheckpoints(session: Session, id: WorkloadId): Promise<readonly CheckpointRow[]> {
  const rows = await session.rows<Raw>('select * from checkpoints where workload = $1 order by number desc', id);
  return rows.map(checkpointOf);
}
