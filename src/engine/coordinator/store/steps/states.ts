/**
 * States of projects that are served (lock file, backups, leases, journals), as texts. PostgreSQL has tables of their own for
 * them, which direct commands use, too (`state/postgres/schema.ts`).
 */
const tables = `
create table state_documents (
  project text primary key,
  document text,
  salt text not null
) strict;
create table state_backups (
  project text not null,
  serial integer not null,
  document text not null,
  primary key (project, serial)
) strict;
create table state_leases (
  project text not null,
  environment text not null,
  record text not null,
  primary key (project, environment)
) strict;
create table state_journal (
  project text not null,
  environment text not null,
  run text not null,
  number integer not null,
  lines text not null,
  primary key (project, environment, run, number)
) strict;
`;

const name = 'states of projects that are served';

export const statesStep = {
  sqlite: {
    name,
    up: tables,
    down: 'drop table state_journal; drop table state_leases; drop table state_backups; drop table state_documents;',
  },
  postgres: {name, up: 'select 1;', down: 'select 1;'},
};
