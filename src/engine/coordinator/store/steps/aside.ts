/** Checkpoints that came after one from which somebody had a workload begin again. */
const name = 'checkpoints that are set aside';
const down = 'alter table checkpoints drop column aside;';

export const asideStep = {
  sqlite: {name, up: 'alter table checkpoints add column aside integer not null default 0;', down},
  postgres: {name, up: 'alter table checkpoints add column aside boolean not null default false;', down},
};
