import type {Session} from './database.ts';
import {type Raw, workloadOf} from './row-mapping.ts';
import type {WorkloadId, WorkloadRow} from './store.ts';

/** In the order of their ids, so that two transactions do not wait for each other. */
export async function lockWorkloads(session: Session, ids: readonly WorkloadId[]): Promise<readonly WorkloadRow[]> {
  if (ids.length === 0) return [];
  const rows = await session.rows<Raw>(
    `select * from workloads where ${session.among('id', '$1')} order by id ${session.forUpdate}`,
    [...new Set(ids)],
  );
  return rows.map(workloadOf);
}
