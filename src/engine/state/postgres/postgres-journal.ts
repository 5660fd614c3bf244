import {KEPT_RUNS} from '../run-id.ts';
import type {StoreBackend} from '../store-backend.ts';
import type {Database} from './database.ts';
import {checkHeld} from './postgres-leases.ts';
import type {Transaction} from './transaction.ts';

/** Journals as one row a record, numbered within their run. */
export function postgresJournal(
  database: Database,
  project: string,
): Pick<StoreBackend, 'appendLines' | 'runs' | 'lines'> {
  /** How many records each run that this process writes has: nobody else writes it while the lease is held. */
  const counts = new Map<string, number>();
  return {
    async appendLines(held, run, lines) {
      const {environment} = held;
      const key = `${environment} ${run}`;
      const records = lines.split('\n').slice(0, -1);
      let first = counts.get(key);
      await database.transaction(async sql => {
        await checkHeld(sql, project, held);
        first ??= await beginRun(sql, project, environment, run);
        // Numbered here: done twice, because an answer was lost, it is there once.
        await sql`
          insert into niyanta.journal (project, environment, run, number, record)
          select ${project}, ${environment}, ${run}, ${first}::bigint + number, record
          from json_array_elements((${`[${records.join(',')}]`}::text)::json) with ordinality as given (record, number)
          on conflict do nothing`;
      });
      counts.set(key, first! + records.length);
    },
    async runs(environment) {
      const rows = await database.use(
        sql => sql<{run: string}[]>`
          select distinct run from niyanta.journal where project = ${project} and environment = ${environment}`,
      );
      return rows.map(({run}) => run);
    },
    async lines(environment, run) {
      const rows = await database.use(
        sql => sql<{record: string}[]>`
          select record::text as record from niyanta.journal
          where project = ${project} and environment = ${environment} and run = ${run} order by number`,
      );
      return rows.map(({record}) => `${record}\n`).join('');
    },
  };
}

/** How many records the run has already. Drops all but the newest runs. */
async function beginRun(sql: Transaction, project: string, environment: string, run: string): Promise<number> {
  await sql`
    delete from niyanta.journal where project = ${project} and environment = ${environment} and run in
      (select distinct run from niyanta.journal
       where project = ${project} and environment = ${environment} and run <> ${run}
       order by run desc offset ${KEPT_RUNS - 1})`;
  const [row] = await sql<{count: number}[]>`
    select count(*)::int as count from niyanta.journal
    where project = ${project} and environment = ${environment} and run = ${run}`;
  return row!.count;
}
