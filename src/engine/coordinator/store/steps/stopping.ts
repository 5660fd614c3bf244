/** Of a worker in drain: what has no checkpoints is stopped, too, and begins anew elsewhere. */
const name = 'workers whose workloads are stopped';
const down = 'alter table workers drop column stopping;';

export const stoppingStep = {
  sqlite: {name, up: 'alter table workers add column stopping integer not null default 0;', down},
  postgres: {name, up: 'alter table workers add column stopping boolean not null default false;', down},
};
