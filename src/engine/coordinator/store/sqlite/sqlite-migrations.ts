import type {Migration} from '../migrations.ts';
import {asideStep} from '../steps/aside.ts';
import {countsStep} from '../steps/counts.ts';
import {endsStep} from '../steps/ends.ts';
import {environmentsStep} from '../steps/environments.ts';
import {filesStep} from '../steps/files.ts';
import {originsStep} from '../steps/origins.ts';
import {revisionsStep} from '../steps/revisions.ts';
import {statesStep} from '../steps/states.ts';
import {stoppingStep} from '../steps/stopping.ts';
import {versionsStep} from '../steps/versions.ts';

const events = `
create table events (
  seq integer primary key,
  at integer not null,
  type text not null,
  customer text,
  workload text,
  actor text not null,
  request text,
  from_state text,
  to_state text,
  attempt integer,
  data text
) strict;
create index events_of_workload on events (workload, seq) where workload is not null;
-- What is older than this was removed for its age; nothing else ever is.
create table audit_expiry (one integer primary key check (one = 1), before integer not null) strict;
insert into audit_expiry values (1, 0);
create trigger events_stay before update on events
begin select raise(abort, 'events are never changed'); end;
create trigger events_stay_there before delete on events
when old.at >= (select before from audit_expiry)
begin select raise(abort, 'events are removed for their age alone'); end;
`;

const workloads = `
create table workloads (
  id text primary key,
  customer text not null,
  seq integer not null unique,
  changed integer not null,
  state text not null,
  name text not null,
  version text,
  labels text,
  spec text not null,
  inputs text,
  batch text,
  schedule text,
  idempotency_key text,
  content text,
  accepted_at integer not null,
  started_at integer,
  ended_at integer,
  changed_at integer not null,
  attempt integer not null default 0,
  lease text,
  worker text,
  not_before integer,
  wanted text,
  reason text,
  exit_code integer,
  result text,
  outputs text,
  progress real,
  waits_for text
) strict;
create index workloads_by_change on workloads (changed);
create index workloads_by_name on workloads (customer, name, seq);
create unique index workloads_by_key on workloads (customer, idempotency_key) where idempotency_key is not null;
create index workloads_by_batch on workloads (batch) where batch is not null;
create index workloads_going_on on workloads (seq) where state not in ('SUCCEEDED', 'FAILED', 'CANCELLED');
create table attempts (
  workload text not null references workloads on delete cascade,
  attempt integer not null,
  lease text not null,
  worker text not null,
  state text not null,
  reason text not null,
  placed_at integer not null,
  started_at integer,
  ended_at integer,
  exit_code integer,
  outcome text,
  restored_from integer,
  primary key (workload, attempt)
) strict, without rowid;
create table edges (
  predecessor text not null,
  dependant text not null,
  primary key (predecessor, dependant)
) strict, without rowid;
create table checkpoints (
  workload text not null references workloads on delete cascade,
  number integer not null,
  attempt integer not null,
  taken_at integer not null,
  size integer not null,
  sha256 text not null,
  progress real,
  why text not null,
  place text not null,
  corrupt text,
  primary key (workload, number)
) strict, without rowid;
create table blobs (sha256 text primary key, content blob not null, kept_at integer not null) strict;
`;

const others = `
create table counter (one integer primary key check (one = 1), number integer not null) strict;
insert into counter values (1, 0);
create table identity (one integer primary key check (one = 1), name text not null) strict;
insert into identity values (1, lower(hex(randomblob(16))));
create table leader (
  one integer primary key check (one = 1),
  coordinator text not null,
  generation integer not null,
  address text,
  since integer not null,
  until integer not null
) strict;
insert into leader values (1, '', 0, null, 0, 0);
create table workers (
  name text primary key,
  kind text not null,
  region text,
  labels text,
  cpu real not null,
  memory integer not null,
  gpu real not null,
  disk integer not null,
  drained integer not null default 0,
  seen_at integer not null,
  unusable text
) strict;
create table schedules (
  id text primary key,
  customer text not null,
  name text not null,
  spec text not null,
  rule text not null,
  inputs text,
  suspended integer not null default 0,
  created_at integer not null,
  fired_until integer not null,
  unique (customer, name)
) strict;
create table customers (
  id text primary key,
  name text not null,
  tier text not null,
  limits text,
  suspended integer not null default 0,
  created_at integer not null,
  used real not null default 0,
  used_at integer not null
) strict;
create table keys (
  id text primary key,
  prefix text not null unique,
  hash text not null,
  customer text,
  role text not null,
  scopes text,
  note text,
  expires_at integer,
  created_at integer not null,
  revoked_at integer
) strict;
`;

export const sqliteMigrations: readonly Migration[] = [
  {
    number: 1,
    name: 'the first tables',
    up: `${workloads}${events}${others}`,
    down: `drop table keys; drop table customers; drop table schedules; drop table workers; drop table leader;
drop table counter; drop table identity; drop table audit_expiry; drop table events; drop table blobs; drop table checkpoints;
drop table edges; drop table attempts; drop table workloads;`,
  },
  {number: 2, ...filesStep.sqlite},
  {number: 3, ...endsStep.sqlite},
  {number: 4, ...originsStep.sqlite},
  {number: 5, ...asideStep.sqlite},
  {number: 6, ...environmentsStep.sqlite},
  {number: 7, ...stoppingStep.sqlite},
  {number: 8, ...revisionsStep.sqlite},
  {number: 9, ...countsStep.sqlite},
  {number: 10, ...versionsStep.sqlite},
  {number: 11, ...statesStep.sqlite},
];
