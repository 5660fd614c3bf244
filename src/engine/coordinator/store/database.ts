import type {HintAbout, HintListener, Submission} from './store.ts';

/** What may stand for `$1`. A list is for `Session.among`. Undefined is null. */
export type Param = string | number | boolean | Uint8Array | readonly string[] | readonly number[] | null | undefined;

export type ColumnType = 'text' | 'bigint' | 'float8' | 'boolean';

/** A table with the types of its columns, for what is written many rows at a time. */
export interface Table {
  readonly name: string;
  readonly columns: Readonly<Record<string, ColumnType>>;
}

/** The columns of one row by name; all rows of one call have the same. */
export type Cells = Readonly<Record<string, string | number | boolean | null | undefined>>;

/**
 * A database as the verbs see it: the SQL that SQLite and PostgreSQL share, with `$1` for parameters, and the few things
 * that each says in its own way.
 */
export interface Session {
  /** The clock of the database, milliseconds since 1970. */
  now(): Promise<number>;
  rows<R>(text: string, ...params: readonly Param[]): Promise<readonly R[]>;
  /** How many rows it changed. */
  run(text: string, ...params: readonly Param[]): Promise<number>;
  /** `onConflict` is what stands behind the values. */
  insert(table: Table, rows: readonly Cells[], onConflict?: string): Promise<void>;
  /** Sets the other columns of the rows that have these keys. */
  update(table: Table, keys: readonly string[], rows: readonly Cells[]): Promise<void>;
  /** `column` is one of the list that stands for `parameter`. */
  among(column: string, parameter: string): string;
  /** The value of a key in a column with a JSON object. */
  field(column: string, parameter: string): string;
  /** A number in an object in a column with a JSON object; 0 where there is none. The keys are words of ours. */
  number(column: string, path: readonly [key: string, inner: string]): string;
  /** The texts among the values of a column with a JSON object, to be selected `from` beside their table. */
  values(column: string): {readonly value: string; readonly from: string};
  /** Ends a select whose rows shall stay as they are until the transaction ends; empty where nobody else writes. */
  readonly forUpdate: string;
  readonly forShare: string;
  /**
   * Accepts what `isPlain` in one statement, with numbers, events, counts and hint: the number of the first. Absent where
   * several statements cost no more.
   */
  readonly acceptPlain?: (submissions: readonly Submission[]) => Promise<number>;
  /** Once the transaction is done, those who wait for hints get one. */
  hint(about?: HintAbout): Promise<void>;
}

export interface Database {
  readonly kind: 'sqlite' | 'postgres';
  /**
   * All or nothing, durable when it resolves. `again`: an earlier try may have been done, its answer was lost. Errors:
   * OutsideError `database-unreachable` (transient), `database-refused`.
   */
  write<T>(work: (session: Session, again: boolean) => Promise<T>): Promise<T>;
  /** The same, of work that asks a single statement unless it is done again: that is a transaction by itself. */
  writeAlone<T>(work: (session: Session, again: boolean) => Promise<T>): Promise<T>;
  /** Only what is durable is seen; two statements may see different moments. */
  read<T>(work: (session: Session) => Promise<T>): Promise<T>;
  onHint(listener: HintListener): Promise<() => Promise<void>>;
  close(): Promise<void>;
}
