/** Stacks that a coordinator serves, what was asked of them, and the projects that were sent for it. */
const tables = (number: string, end: string) => `
create table bundles (
  sha256 text primary key,
  project text not null,
  environment text not null,
  stack text not null,
  files ${number} not null,
  bytes ${number} not null,
  manifest text not null,
  kept_at ${number} not null
)${end};
create table bundle_blobs (
  bundle text not null references bundles (sha256) on delete cascade,
  sha256 text not null,
  primary key (bundle, sha256)
)${end};
create table environments (
  id text primary key,
  customer text not null,
  project text not null,
  environment text not null,
  stack text not null,
  bundle text not null,
  condition text not null,
  reason text,
  condition_since ${number} not null,
  healing text not null,
  newest_change ${number} not null,
  services text,
  looked_at ${number},
  removed_at ${number},
  created_at ${number} not null,
  changed_at ${number} not null
)${end};
create index environments_of_customer on environments (customer, id);
create table environment_changes (
  environment text not null references environments (id) on delete cascade,
  number ${number} not null,
  kind text not null,
  bundle text,
  options text,
  actor text not null,
  request text,
  token text not null,
  state text not null,
  asked_at ${number} not null,
  started_at ${number},
  ended_at ${number},
  runs text,
  outcome text,
  primary key (environment, number),
  unique (environment, token)
)${end};
create index environment_changes_open on environment_changes (environment) where ended_at is null;
`;

const name = 'environments that are served';
const down = 'drop table environment_changes; drop table environments; drop table bundle_blobs; drop table bundles;';

export const environmentsStep = {
  sqlite: {name, up: tables('integer', ' strict'), down},
  postgres: {name, up: tables('bigint', ''), down},
};
