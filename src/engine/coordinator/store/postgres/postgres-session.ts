import type {ParameterOrJSON, Row, RowList, Sql, UnsafeQueryOptions} from 'postgres';
import type {Transaction} from '../../../state/postgres/transaction.ts';
import type {Cells, Param, Session, Table} from '../database.ts';
import {acceptPlain} from './accept-plain.ts';
import {arrayText, columnsOf} from './column-parameters.ts';
import {HINTS} from './hints.ts';

/** Asks one statement, on whatever connection or on a transaction's. */
type Ask = (text: string, params: ParameterOrJSON<never>[], options?: UnsafeQueryOptions) => Promise<RowList<Row[]>>;

export const postgresSession = (sql: Sql): Session =>
  sessionOf((text, params, options) => sql.unsafe(text, params, options));

/** The session of one transaction. */
export const sessionIn = (transaction: Transaction): Session => sessionOf(transaction.unsafe);

/** Statements are prepared once a connection. */
function sessionOf(asked: Ask): Session {
  const ask = (text: string, params: readonly Param[]) =>
    asked(text, params.map(bound) as ParameterOrJSON<never>[], {prepare: true});
  return {
    async now() {
      const [row] = await ask('select (extract(epoch from clock_timestamp()) * 1000)::bigint as now', []);
      return row!.now as number;
    },
    rows: async <R>(text: string, ...params: readonly Param[]) => (await ask(text, params)) as unknown as readonly R[],
    run: async (text, ...params) => (await ask(text, params)).count,
    async insert(table: Table, rows: readonly Cells[], onConflict = '') {
      if (rows.length === 0) return;
      // What none of them has is left to the table.
      const columns = Object.keys(rows[0]!).filter(column => rows.some(row => row[column] !== undefined));
      const {from, params} = columnsOf(table, columns, rows);
      await ask(`insert into ${table.name} (${columns.join(', ')}) select * from ${from} ${onConflict}`, params);
    },
    async update(table: Table, keys: readonly string[], rows: readonly Cells[]) {
      if (rows.length === 0) return;
      const columns = Object.keys(rows[0]!);
      const {from, params} = columnsOf(table, columns, rows);
      const sets = columns.filter(column => !keys.includes(column)).map(column => `${column} = new.${column}`);
      const where = keys.map(key => `old.${key} = new.${key}`).join(' and ');
      await ask(
        `update ${table.name} as old set ${sets.join(', ')} from ${from} as new (${columns.join(', ')}) where ${where}`,
        params,
      );
    },
    among: (column, parameter) => `${column} = any(${parameter}::text[])`,
    field: (column, parameter) => `(${column}::json ->> ${parameter})`,
    number: (column, [key, inner]) => `coalesce((${column}::json -> '${key}' ->> '${inner}')::float8, 0)`,
    values: column => ({value: 'value', from: `json_each_text(${column}::json)`}),
    acceptPlain: submissions => acceptPlain(ask, submissions),
    forUpdate: 'for update',
    forShare: 'for share',
    async hint(about) {
      await ask(`select pg_notify('${HINTS}', $1)`, [about ?? '']);
    },
  };
}

function bound(value: Param): string | number | boolean | Uint8Array | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'object' && !(value instanceof Uint8Array)) return arrayText(value);
  return value as string | number | boolean | Uint8Array;
}
