import type {DatabaseSync, SQLInputValue, StatementSync} from 'node:sqlite';
import type {Cells, Param, Session, Table} from '../database.ts';

/** The one connection. Its answers are there at once: a transaction ends without anybody else having had a turn. */
export function sqliteSession(database: DatabaseSync, clock: () => number): Session {
  const prepared = new Map<string, StatementSync>();
  const statement = (text: string): StatementSync => {
    const known = prepared.get(text);
    if (known) return known;
    const made = database.prepare(text.replaceAll('$', '?'));
    prepared.set(text, made);
    return made;
  };
  return {
    now: async () => clock(),
    rows: async <R>(text: string, ...params: readonly Param[]) => statement(text).all(...params.map(bound)) as R[],
    run: async (text, ...params) => Number(statement(text).run(...params.map(bound)).changes),
    async insert(table: Table, rows: readonly Cells[], onConflict = '') {
      if (rows.length === 0) return;
      const columns = Object.keys(rows[0]!);
      const marks = columns.map((_, index) => `$${index + 1}`).join(', ');
      const insert = statement(`insert into ${table.name} (${columns.join(', ')}) values (${marks}) ${onConflict}`);
      for (const row of rows) insert.run(...columns.map(column => bound(row[column])));
    },
    async update(table: Table, keys: readonly string[], rows: readonly Cells[]) {
      if (rows.length === 0) return;
      const columns = Object.keys(rows[0]!).filter(column => !keys.includes(column));
      const sets = columns.map((column, index) => `${column} = $${index + 1}`).join(', ');
      const where = keys.map((key, index) => `${key} = $${columns.length + index + 1}`).join(' and ');
      const update = statement(`update ${table.name} set ${sets} where ${where}`);
      for (const row of rows) update.run(...[...columns, ...keys].map(column => bound(row[column])));
    },
    among: (column, parameter) => `${column} in (select value from json_each(${parameter}))`,
    field: (column, parameter) => `(select value from json_each(${column}) where key = ${parameter})`,
    number: (column, [key, inner]) => `coalesce(${column} -> '${key}' ->> '${inner}', 0)`,
    values: column => ({value: 'value', from: `json_each(${column})`}),
    forUpdate: '',
    forShare: '',
    hint: async () => {},
  };
}

function bound(value: Param): SQLInputValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'object' && !(value instanceof Uint8Array)) return JSON.stringify(value);
  return value as SQLInputValue;
}
