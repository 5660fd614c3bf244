/** What customers sent: by the hash of its content, whole as a blob, or of `parts` that are. */
const files = (number: string) => `
create table files (
  customer text not null,
  sha256 text not null,
  size ${number} not null,
  parts text,
  kept_at ${number} not null,
  primary key (customer, sha256)
)`;

const name = 'files that customers send';
const down = 'drop table files;';

export const filesStep = {
  sqlite: {name, up: `${files('integer')} strict, without rowid;`, down},
  postgres: {name, up: `${files('bigint')};`, down},
};
