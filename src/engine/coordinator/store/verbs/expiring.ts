import {addCounts} from '../counts.ts';
import type {Session} from '../database.ts';
import {writeEvents} from '../events.ts';
import type {WorkloadRow} from '../store.ts';

export interface Expired {
  readonly events: number;
  readonly workloads: number;
}

/** Blobs that nobody refers to stay so long: they are put before what refers to them. */
export const BLOB_GRACE_MS = 86_400_000;

/** Removed in one transaction: others wait for it. */
export const EXPIRED_AT_ONCE = 2_000;

/** A part of it at most; to be done again while there are as many as `EXPIRED_AT_ONCE`. */
export async function expireSome(session: Session, before: Expired): Promise<Expired> {
  const now = await session.now();
  const removed = await session.rows<Pick<WorkloadRow, 'customer' | 'state'>>(
    `delete from workloads where id in (
       select id from workloads where state in ('SUCCEEDED', 'FAILED', 'CANCELLED') and ended_at < $1 order by seq limit $2)
     returning customer, state`,
    before.workloads,
    EXPIRED_AT_ONCE,
  );
  const workloads = removed.length;
  // The table lets go of what is older than this, and of nothing else.
  await session.run('update audit_expiry set before = $1 where before < $1', before.events);
  const events = await session.run(
    'delete from events where seq in (select seq from events where at < $1 order by seq limit $2)',
    before.events,
    EXPIRED_AT_ONCE,
  );
  if (events + workloads > 0) {
    const data = {events, workloads, eventsBefore: before.events, workloadsBefore: before.workloads};
    await writeEvents(session, [{type: 'audit.expired', actor: {name: 'niyanta'}, data}], 0, now);
    await addCounts(
      session,
      removed.map(({customer, state}) => ({customer, state, count: -1})),
    );
    await session.run('delete from workload_counts where count = 0');
  }
  return {events, workloads};
}

/** What nobody refers to any more. */
export async function expireBlobs(session: Session): Promise<void> {
  await expireFiles(session);
  const used = (table: string, column: string) => {
    const {value, from} = session.values(column);
    return `select ${value} from ${table}, ${from} where ${column} is not null`;
  };
  await session.run(
    `delete from blobs where kept_at < $1 and sha256 not in (select sha256 from checkpoints
     union select sha256 from files union select sha256 from bundle_blobs union ${used('workloads', 'inputs')} union ${used('workloads', 'outputs')} union ${used('schedules', 'inputs')})`,
    (await session.now()) - BLOB_GRACE_MS,
  );
}

/** Joined ones first: what they were made of may go when nothing else needs it. */
async function expireFiles(session: Session): Promise<void> {
  const before = (await session.now()) - BLOB_GRACE_MS;
  const used = (table: string, column: string) => {
    const {value, from} = session.values(column);
    return `select customer, ${value} from ${table}, ${from} where ${column} is not null`;
  };
  const needed = `${used('workloads', 'inputs')} union ${used('schedules', 'inputs')}`;
  await session.run(
    `delete from files where kept_at < $1 and parts is not null and (customer, sha256) not in (${needed})`,
    before,
  );
  await session.run(
    `delete from files where kept_at < $1 and parts is null
     and (customer, sha256) not in (${needed} union ${used('files', 'parts')})`,
    before,
  );
}
