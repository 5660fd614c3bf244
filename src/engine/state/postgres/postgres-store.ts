import {randomBytes} from 'node:crypto';
import type {PostgresLocation} from '../../spec/state-location.ts';
import {stateText} from '../../spec/state-location.ts';
import {KEPT_BACKUPS, serialIn} from '../backups.ts';
import {leaseHeld} from '../lease-errors.ts';
import {currentHolding, toHolder} from '../lease-record.ts';
import {type LeaseTimes, leaseTimes} from '../lease-times.ts';
import type {StoreSurroundings} from '../open-store.ts';
import {hasEnded} from '../process-identity.ts';
import {stateStore} from '../state-store.ts';
import type {StateStore} from '../store.ts';
import type {Guard, StoreBackend} from '../store-backend.ts';
import {Database} from './database.ts';
import {postgresJournal} from './postgres-journal.ts';
import {checkHeld, postgresLeases, recordOf} from './postgres-leases.ts';
import type {Transaction} from './transaction.ts';

const postgresTimes: LeaseTimes = {...leaseTimes, pollMs: 500};

/** State in a database, several projects beside each other; its clock counts. Every write checks its lease inside its transaction. */
export function openPostgresStore(
  location: PostgresLocation,
  project: string,
  {secrets, ssh}: Pick<StoreSurroundings, 'secrets' | 'ssh'>,
  times: LeaseTimes = postgresTimes,
): StateStore {
  const database = new Database(location, secrets, ssh.env);
  return stateStore(postgresBackend(stateText(location), database, project), project, times);
}

function postgresBackend(location: string, database: Database, project: string): StoreBackend {
  return {
    location,
    leases: postgresLeases(database, project),
    readText: async () => {
      const rows = await database.use(
        sql => sql<{document: string | null}[]>`select document from niyanta.lock_files where project = ${project}`,
      );
      return rows[0]?.document ?? undefined;
    },
    async swapText(guard, make) {
      // Written by a try whose answer was lost: texts have a serial, no other write gives the same.
      let written: string | undefined;
      await database.transaction(async sql => {
        await check(sql, project, guard);
        await sql`insert into niyanta.lock_files (project) values (${project}) on conflict do nothing`;
        const [row] = await sql<{document: string | null}[]>`
          select document from niyanta.lock_files where project = ${project} for update`;
        const old = row?.document ?? undefined;
        if (old !== undefined && old === written) return;
        written = await make(old);
        await keepBackup(sql, project, old);
        await sql`update niyanta.lock_files set document = ${written}, written = clock_timestamp() where project = ${project}`;
      });
    },
    initialSalt: () =>
      database.use(async sql => {
        const mine = randomBytes(18).toString('base64');
        // Of two at once one's salt wins; the other reads it.
        await sql`insert into niyanta.salts (project, salt) values (${project}, ${mine}) on conflict do nothing`;
        const [row] = await sql<{salt: string}[]>`select salt from niyanta.salts where project = ${project}`;
        return row!.salt;
      }),
    async backups() {
      const rows = await database.use(
        sql => sql<{serial: string}[]>`
          select serial from niyanta.backups where project = ${project} order by serial desc`,
      );
      return rows.map(({serial}) => ({serial: Number(serial), location: `${location}, copy of serial ${serial}`}));
    },
    async backupText(serial) {
      const [row] = await database.use(
        sql => sql<{document: string}[]>`
          select document from niyanta.backups where project = ${project} and serial = ${serial}`,
      );
      return row?.document;
    },
    ...postgresJournal(database, project),
    close: () => database.close(),
  };
}

async function keepBackup(sql: Transaction, project: string, old: string | undefined): Promise<void> {
  const serial = old === undefined ? undefined : serialIn(old);
  if (old === undefined || serial === undefined) return;
  await sql`
    insert into niyanta.backups (project, serial, document) values (${project}, ${serial}, ${old})
    on conflict (project, serial) do update set document = excluded.document, replaced = excluded.replaced`;
  await sql`
    delete from niyanta.backups where project = ${project} and serial not in
      (select serial from niyanta.backups where project = ${project} order by serial desc limit ${KEPT_BACKUPS})`;
}

/** Holds until the transaction ends: the rows stay locked. */
async function check(sql: Transaction, project: string, guard: Guard): Promise<void> {
  if (guard.kind === 'held') {
    for (const held of guard.leases) await checkHeld(sql, project, held);
    return;
  }
  // New rows, too, must not come in between.
  await sql`lock table niyanta.leases in share row exclusive mode`;
  const rows = await sql<{environment: string; record: string | null; now: number}[]>`
    select environment, record, extract(epoch from clock_timestamp())::float8 * 1000 as now
    from niyanta.leases where project = ${project} order by environment`;
  for (const {environment, record, now} of rows) {
    const holding = currentHolding(recordOf(record, environment), now, hasEnded);
    if (holding) throw leaseHeld(environment, toHolder(holding));
  }
}
