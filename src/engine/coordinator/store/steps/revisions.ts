/** What an environment is at, for changes that are to be made of what somebody has seen alone. */
const name = 'revisions of environments';
const down = 'alter table environments drop column revision;';
const up = (number: string) => `
alter table environments add column revision ${number} not null default 0;
update environments set revision = newest_change;
`;

export const revisionsStep = {
  sqlite: {name, up: up('integer'), down},
  postgres: {name, up: up('bigint'), down},
};
