import {OutsideError} from '../../spec/errors.ts';
import type {Sql} from './database.ts';
import {inTransaction} from './transaction.ts';

/** The version of the tables that this niyanta makes and uses. */
const VERSION = 1;

/** Whether niyanta's tables are not there yet: no such schema, no such table. */
export const lacksSchema = (error: unknown): boolean =>
  error instanceof Error && ['3F000', '42P01'].includes(String((error as {code?: unknown}).code));

/** Makes schema and tables, all or nothing, whoever else does so at the same time. Errors: OutsideError `state-newer`. */
export async function ensureSchema(sql: Sql): Promise<void> {
  await inTransaction(sql, async transaction => {
    await transaction`select pg_advisory_xact_lock(hashtext('niyanta schema'))`;
    await transaction.unsafe(tables);
    const [row] = await transaction<{version: number}[]>`select max(version) as version from niyanta.versions`;
    if ((row?.version ?? 0) > VERSION) throw newer(row!.version);
  });
}

const newer = (version: number) =>
  new OutsideError({
    code: 'state-newer',
    message: `the database has niyanta's tables in version ${version}; this niyanta knows up to version ${VERSION}`,
    hint: 'A newer niyanta made them: use that one here, too.',
  });

// Texts are kept as they were written: what is broken can be looked at, and a hash or a diff says what changed.
const tables = `
create schema if not exists niyanta;
create table if not exists niyanta.versions (
  version integer primary key,
  since timestamptz not null default clock_timestamp()
);
insert into niyanta.versions (version) values (${VERSION}) on conflict do nothing;
create table if not exists niyanta.lock_files (
  project text primary key,
  document text,
  written timestamptz
);
create table if not exists niyanta.salts (
  project text primary key,
  salt text not null
);
create table if not exists niyanta.backups (
  project text,
  serial bigint,
  document text not null,
  replaced timestamptz not null default clock_timestamp(),
  primary key (project, serial)
);
create table if not exists niyanta.leases (
  project text,
  environment text,
  record text,
  primary key (project, environment)
);
create table if not exists niyanta.journal (
  project text,
  environment text,
  run text,
  number bigint,
  record json not null,
  at timestamptz not null default clock_timestamp(),
  primary key (project, environment, run, number)
);
`;
