/** How many workloads are in each state, so that nobody has to look at all of them. */
const name = 'counts of workloads by state';
const down = 'drop table workload_counts;';

/** Its few rows are written with every change: half of each page is left free, so that new versions of a row find room. */
const up = (number: string, end: string) => `
create table workload_counts (
  customer text not null,
  state text not null,
  count ${number} not null,
  primary key (customer, state)
)${end};
insert into workload_counts select customer, state, count(*) from workloads group by customer, state;
`;

export const countsStep = {
  sqlite: {name, up: up('integer', ' strict, without rowid'), down},
  postgres: {name, up: up('bigint', ' with (fillfactor = 50)'), down},
};
