import {DatabaseSync, type SQLInputValue} from 'node:sqlite';
import type {Migration} from '../../../../src/engine/coordinator/store/migrations.ts';

/** One SQLite for many simulations: made once and emptied for each, since that takes longer than most of them. */
export class SqliteInMemory {
  readonly #database = new DatabaseSync(':memory:');
  readonly #statements = new Map<string, ReturnType<DatabaseSync['prepare']>>();
  #pristine?: () => void;

  empty(migrations: readonly Migration[]): void {
    if (!this.#pristine) {
      this.#database.exec('pragma foreign_keys = on');
      for (const {up} of migrations) this.#database.exec(up);
      // The triggers that keep events in the audit would refuse what only a simulation does.
      for (const {name} of this.#rows(
        "select name from sqlite_schema where type = 'trigger' and sql like '% delete on %'",
      ))
        this.#database.exec(`drop trigger ${String(name)}`);
      this.#pristine = this.backUp();
    }
    this.#pristine();
  }

  /** The same database, whose statements are prepared once for all sessions. */
  cached(): DatabaseSync {
    const prepare = (text: string) => {
      const known = this.#statements.get(text) ?? this.#database.prepare(text);
      this.#statements.set(text, known);
      return known;
    };
    return {prepare} as unknown as DatabaseSync;
  }

  /** All rows of all tables; the function puts them back. */
  backUp(): () => void {
    const tables = this.#rows("select name from sqlite_schema where type = 'table'").map(({name}) => String(name));
    const kept = tables.map(table => ({table, rows: this.#rows(`select * from ${table}`)}));
    return () => {
      this.#database.exec('pragma foreign_keys = off');
      for (const {table, rows} of kept) {
        this.cached().prepare(`delete from ${table}`).run();
        for (const row of rows) this.#put(table, row);
      }
      this.#database.exec('pragma foreign_keys = on');
    };
  }

  async transaction<T>(work: () => Promise<T>): Promise<T> {
    this.#database.exec('begin');
    try {
      const value = await work();
      this.#database.exec('commit');
      return value;
    } catch (error) {
      this.#database.exec('rollback');
      throw error;
    }
  }

  #put(table: string, row: Readonly<Record<string, unknown>>): void {
    const columns = Object.keys(row);
    const text = `insert into ${table} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`;
    this.cached()
      .prepare(text)
      .run(...(Object.values(row) as SQLInputValue[]));
  }

  #rows(text: string): readonly Record<string, unknown>[] {
    return this.#database.prepare(text).all() as Record<string, unknown>[];
  }
}
