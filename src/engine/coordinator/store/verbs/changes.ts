import type {Session} from '../database.ts';
import {type Raw, workloadOf} from '../row-mapping.ts';
import type {WorkloadRow} from '../store.ts';

export interface Changes {
  readonly rows: readonly WorkloadRow[];
  readonly cursor: string;
  readonly more: boolean;
}

/**
 * First `all:SEQ:SINCE`, page by page all that has not ended, then the number of the last change that was seen. What
 * changes while the pages are read is among the changes afterwards: `SINCE` was asked before the first.
 */
export async function changes(session: Session, cursor: string | undefined, limit: number): Promise<Changes> {
  const paging = /^all:(\d+):(\d+)$/.exec(cursor ?? '');
  if (cursor !== undefined && !paging) return changesSince(session, Number(cursor), limit);
  const since = paging ? Number(paging[2]) : await newest(session);
  const rows = await session.rows<Raw>(
    `select * from workloads where seq > $1 and state not in ('SUCCEEDED', 'FAILED', 'CANCELLED') order by seq limit $2`,
    paging ? Number(paging[1]) : 0,
    limit,
  );
  if (rows.length < limit) return {rows: rows.map(workloadOf), cursor: String(since), more: false};
  return {rows: rows.map(workloadOf), cursor: `all:${rows.at(-1)!.seq}:${since}`, more: true};
}

async function changesSince(session: Session, since: number, limit: number): Promise<Changes> {
  const rows = await session.rows<Raw>(
    'select * from workloads where changed > $1 order by changed limit $2',
    since,
    limit,
  );
  const last = rows.at(-1)?.changed ?? since;
  return {rows: rows.map(workloadOf), cursor: String(last), more: rows.length === limit};
}

/** The last number that was given out by a transaction that has ended. */
export async function newest(session: Session): Promise<number> {
  const [row] = await session.rows<{number: number}>('select number from counter');
  return row!.number;
}
