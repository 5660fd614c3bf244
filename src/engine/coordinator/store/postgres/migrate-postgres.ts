import type {Sql} from 'postgres';
import {OutsideError} from '../../../spec/errors.ts';
import {inTransaction} from '../../../state/postgres/transaction.ts';
import {type AppliedMigration, checksumOf, type Migration, outstanding} from '../migrations.ts';
import {postgresMigrations} from './postgres-migrations.ts';

/** All tables of `niyanta serve`; those of states of other projects are in another one. */
export const SCHEMA = 'niyanta_serve';

/**
 * Brings the tables to this version, whoever else does so at the same time. Errors: those of `outstanding`; OutsideError
 * `database-not-durable`, a server that says yes before it has written.
 */
export async function migratePostgres(
  sql: Sql,
  place: string,
  known: readonly Migration[] = postgresMigrations,
): Promise<void> {
  const [row] = await sql<{durable: string; version: number}[]>`
    select current_setting('synchronous_commit') as durable, current_setting('server_version_num')::int as version`;
  if (row!.version < 150_000) throw tooOld(place, row!.version);
  if (row!.durable === 'off') throw notDurable(place);
  await inTransaction(sql, async transaction => {
    await transaction`select pg_advisory_xact_lock(hashtext(${SCHEMA}))`;
    await transaction.unsafe(`create schema if not exists ${SCHEMA};
      create table if not exists migrations (
        number integer primary key, name text not null, checksum text not null, at timestamptz not null default now()
      )`);
    const applied = await transaction<AppliedMigration[]>`select number, checksum from migrations order by number`;
    for (const migration of outstanding(known, applied, place)) {
      const {number, name, up} = migration;
      await transaction.unsafe(up);
      await transaction`insert into migrations (number, name, checksum) values (${number}, ${name}, ${checksumOf(migration)})`;
    }
  });
}

/** Takes the newest steps back, down to a version. */
export async function revertPostgres(
  sql: Sql,
  version: number,
  known: readonly Migration[] = postgresMigrations,
): Promise<void> {
  await inTransaction(sql, async transaction => {
    await transaction`select pg_advisory_xact_lock(hashtext(${SCHEMA}))`;
    const applied = await transaction<{number: number}[]>`select number from migrations order by number desc`;
    for (const {number} of applied.filter(each => each.number > version)) {
      await transaction.unsafe(known.find(each => each.number === number)!.down);
      await transaction`delete from migrations where number = ${number}`;
    }
  });
}

const tooOld = (place: string, version: number) =>
  new OutsideError({
    code: 'database-too-old',
    message: `${place} is PostgreSQL ${Math.floor(version / 10_000)}; niyanta serve needs 15 or later`,
  });

const notDurable = (place: string) =>
  new OutsideError({
    code: 'database-not-durable',
    message: `${place} has synchronous_commit off: it would lose what it said yes to`,
    hint: 'ALTER ROLE … SET synchronous_commit = on, or in postgresql.conf.',
  });
