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
  seq bigint primary key,
  at bigint not null,
  type text not null,
  customer text,
  workload text collate "C",
  actor text not null,
  request text,
  from_state text,
  to_state text,
  attempt bigint,
  data text
);
create index events_of_workload on events (workload, seq) where workload is not null;
-- What is older than this was removed for its age; nothing else ever is.
create table audit_expiry (one bigint primary key check (one = 1), before bigint not null);
insert into audit_expiry values (1, 0);
create function events_stay() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    if old.at < (select before from audit_expiry) then return old; end if;
  end if;
  raise exception 'events are never changed, and removed for their age alone';
end $$;
create trigger events_stay before update or delete on events for each row execute function events_stay();
create trigger events_stay_there before truncate on events for each statement execute function events_stay();
`;

const workloads = `
create table workloads (
  id text collate "C" primary key,
  customer text not null,
  seq bigint not null unique,
  changed bigint not null,
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
  accepted_at bigint not null,
  started_at bigint,
  ended_at bigint,
  changed_at bigint not null,
  attempt bigint not null default 0,
  lease text,
  worker text,
  not_before bigint,
  wanted text,
  reason text,
  exit_code bigint,
  result text,
  outputs text,
  progress double precision,
  waits_for text
);
create index workloads_by_change on workloads (changed);
create index workloads_by_name on workloads (customer, name, seq);
create unique index workloads_by_key on workloads (customer, idempotency_key) where idempotency_key is not null;
create index workloads_by_batch on workloads (batch) where batch is not null;
create index workloads_going_on on workloads (seq) where state not in ('SUCCEEDED', 'FAILED', 'CANCELLED');
create table attempts (
  workload text collate "C" not null references workloads on delete cascade,
  attempt bigint not null,
  lease text not null,
  worker text not null,
  state text not null,
  reason text not null,
  placed_at bigint not null,
  started_at bigint,
  ended_at bigint,
  exit_code bigint,
  outcome text,
  restored_from bigint,
  primary key (workload, attempt)
);
create table edges (
  predecessor text collate "C" not null,
  dependant text collate "C" not null,
  primary key (predecessor, dependant)
);
create table checkpoints (
  workload text collate "C" not null references workloads on delete cascade,
  number bigint not null,
  attempt bigint not null,
  taken_at bigint not null,
  size bigint not null,
  sha256 text not null,
  progress double precision,
  why text not null,
  place text not null,
  corrupt text,
  primary key (workload, number)
);
create table blobs (sha256 text primary key, content bytea not null, kept_at bigint not null);
`;

const others = `
create table counter (one bigint primary key check (one = 1), number bigint not null);
insert into counter values (1, 0);
create table identity (one bigint primary key check (one = 1), name text not null);
insert into identity values (1, replace(gen_random_uuid()::text, '-', ''));
create table leader (
  one bigint primary key check (one = 1),
  coordinator text not null,
  generation bigint not null,
  address text,
  since bigint not null,
  until bigint not null
);
insert into leader values (1, '', 0, null, 0, 0);
create table workers (
  name text primary key,
  kind text not null,
  region text,
  labels text,
  cpu double precision not null,
  memory bigint not null,
  gpu double precision not null,
  disk bigint not null,
  drained boolean not null default false,
  seen_at bigint not null,
  unusable text
);
create table schedules (
  id text primary key,
  customer text not null,
  name text not null,
  spec text not null,
  rule text not null,
  inputs text,
  suspended boolean not null default false,
  created_at bigint not null,
  fired_until bigint not null,
  unique (customer, name)
);
create table customers (
  id text primary key,
  name text not null,
  tier text not null,
  limits text,
  suspended boolean not null default false,
  created_at bigint not null,
  used double precision not null default 0,
  used_at bigint not null
);
create table keys (
  id text primary key,
  prefix text not null unique,
  hash text not null,
  customer text,
  role text not null,
  scopes text,
  note text,
  expires_at bigint,
  created_at bigint not null,
  revoked_at bigint
);
`;

export const postgresMigrations: readonly Migration[] = [
  {
    number: 1,
    name: 'the first tables',
    up: `${workloads}${events}${others}`,
    down: `drop table keys; drop table customers; drop table schedules; drop table workers; drop table leader;
drop table counter; drop table identity; drop table audit_expiry; drop table events; drop function events_stay; drop table blobs; drop table checkpoints;
drop table edges; drop table attempts; drop table workloads;`,
  },
  {number: 2, ...filesStep.postgres},
  {number: 3, ...endsStep.postgres},
  {number: 4, ...originsStep.postgres},
  {number: 5, ...asideStep.postgres},
  {number: 6, ...environmentsStep.postgres},
  {number: 7, ...stoppingStep.postgres},
  {number: 8, ...revisionsStep.postgres},
  {number: 9, ...countsStep.postgres},
  {number: 10, ...versionsStep.postgres},
  {number: 11, ...statesStep.postgres},
];
