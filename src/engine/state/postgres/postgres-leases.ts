import type {EnvironmentName} from '../../spec/stack.ts';
import type {LeaseBoard} from '../lease-board.ts';
import {emptyLeaseRecord, type LeaseRecord, parseLeaseRecord} from '../lease-record.ts';
import {type HeldBy, LeaseGone} from '../store-backend.ts';
import type {Database} from './database.ts';
import type {Transaction} from './transaction.ts';

export const recordOf = (text: string | null, environment: EnvironmentName): LeaseRecord =>
  text === null ? emptyLeaseRecord : parseLeaseRecord(text, `niyanta.leases, environment ${environment}`);

/** Lease records as rows: decided upon while the row is locked, by the database's clock. */
export function postgresLeases(database: Database, project: string): LeaseBoard {
  return {
    async transact(environment, decide, {signal} = {}) {
      // Who only waits asks without a transaction, and keeps nobody from writing.
      const glance = await database.use(async sql => {
        const [row] = await sql<{record: string | null; now: number}[]>`
          select max(record) as record, extract(epoch from clock_timestamp())::float8 * 1000 as now
          from niyanta.leases where project = ${project} and environment = ${environment}`;
        return decide(recordOf(row?.record ?? null, environment), row!.now);
      }, signal);
      if (glance.record === undefined) return glance.result;
      return await database.transaction(async sql => {
        await sql`
          insert into niyanta.leases (project, environment) values (${project}, ${environment}) on conflict do nothing`;
        const [row] = await sql<{record: string | null}[]>`
          select record from niyanta.leases where project = ${project} and environment = ${environment} for update`;
        // Asked once the row is ours: waiting for it takes time.
        const [clock] = await sql<{now: number}[]>`select extract(epoch from clock_timestamp())::float8 * 1000 as now`;
        const {record, result} = decide(recordOf(row?.record ?? null, environment), clock!.now);
        if (record) {
          const text = JSON.stringify(record);
          await sql`
            update niyanta.leases set record = ${text} where project = ${project} and environment = ${environment}`;
        }
        return result;
      }, signal);
    },
    async all() {
      const rows = await database.use(
        sql => sql<{environment: string; record: string | null; now: number}[]>`
          select environment, record, extract(epoch from clock_timestamp())::float8 * 1000 as now
          from niyanta.leases where project = ${project}`,
      );
      const records = rows.map(({environment, record}) => ({environment, record: recordOf(record, environment)}));
      return {now: rows[0]?.now ?? 0, records};
    },
  };
}

/** Holds until the transaction ends: whoever takes the lease waits for it. */
export async function checkHeld(sql: Transaction, project: string, {environment, id}: HeldBy): Promise<void> {
  const [row] = await sql<{record: string | null}[]>`
    select record from niyanta.leases where project = ${project} and environment = ${environment} for share`;
  if (recordOf(row?.record ?? null, environment).holding?.id !== id) throw new LeaseGone(environment);
}
