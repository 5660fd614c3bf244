import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import type {DatabaseSync} from 'node:sqlite';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {OutsideError} from '../../../spec/errors.ts';
import type {Database, Session} from '../database.ts';
import {migrateSqlite} from './migrate-sqlite.ts';
import {sqliteSession} from './sqlite-session.ts';

const SQLITE_BUSY = 5;
/** Verbs that share one commit at most: nobody else of this process has a turn meanwhile. */
const MOST_AT_ONCE = 200;

interface Waiting {
  readonly work: (session: Session, again: boolean) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A database file in a folder of this machine, of one process: durable over a power cut once a write resolves. Writes
 * that wait are done in one transaction with one fsync, each within a savepoint of its own. Errors: OutsideError
 * `data-in-use`, `data-unreadable`, `database-newer`.
 */
export async function openSqlite(folder: string, clock: () => number = Date.now): Promise<Database> {
  const file = join(folder, 'niyanta.db');
  const database = openFile(folder, file);
  try {
    await migrateSqlite(database, file, clock);
  } catch (error) {
    database.close();
    throw error;
  }
  return new SqliteDatabase(database, sqliteSession(database, clock), file);
}

function openFile(folder: string, file: string): DatabaseSync {
  const {DatabaseSync} = process.getBuiltinModule('node:sqlite');
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(folder, {recursive: true, mode: 0o700});
    database = new DatabaseSync(file, {timeout: 0});
    // The lock is the kernel's and ends with the process: never stale, never to be broken.
    database.exec('pragma locking_mode = exclusive; pragma journal_mode = wal; begin exclusive; commit');
    database.exec('pragma synchronous = full; pragma foreign_keys = on; pragma cache_size = -16000');
    return database;
  } catch (error) {
    database?.close();
    throw (error as {errcode?: number}).errcode === SQLITE_BUSY ? inUse(folder, file, error) : broken(file, error);
  }
}

class SqliteDatabase implements Database {
  readonly kind = 'sqlite';
  readonly #database: DatabaseSync;
  readonly #session: Session;
  readonly #file: string;
  #writes: Waiting[] = [];
  #reads: Waiting[] = [];
  #draining: Promise<void> | undefined;
  #closed = false;

  constructor(database: DatabaseSync, session: Session, file: string) {
    this.#database = database;
    this.#session = session;
    this.#file = file;
  }

  write<T>(work: (session: Session, again: boolean) => Promise<T>): Promise<T> {
    return this.#queue(this.#writes, work);
  }

  writeAlone<T>(work: (session: Session, again: boolean) => Promise<T>): Promise<T> {
    return this.write(work);
  }

  read<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#queue(this.#reads, work);
  }

  async onHint(): Promise<() => Promise<void>> {
    return async () => {};
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#draining;
    if (this.#database.isOpen) this.#database.close();
  }

  #queue<T>(line: Waiting[], work: (session: Session, again: boolean) => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(closed(this.#file));
    return new Promise<T>((resolve, reject) => {
      line.push({work, resolve: resolve as (value: unknown) => void, reject});
      this.#draining ??= this.#drain();
    });
  }

  /** In turns, so that neither many readers nor many writers keep the others waiting. */
  async #drain(): Promise<void> {
    while (this.#writes.length + this.#reads.length > 0) {
      // Those who call in the same turn come along.
      await nextTurn();
      await this.#commit(this.#writes.splice(0, MOST_AT_ONCE));
      for (const {work, resolve, reject} of this.#reads.splice(0, MOST_AT_ONCE))
        await work(this.#session, false).then(resolve, error => reject(explained(this.#file, error)));
    }
    this.#draining = undefined;
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    if (batch.length === 0) return;
    const done: (() => void)[] = [];
    try {
      this.#database.exec('begin immediate');
      for (const {work, resolve, reject} of batch) {
        this.#database.exec('savepoint verb');
        try {
          const value = await work(this.#session, false);
          done.push(() => resolve(value));
        } catch (error) {
          this.#database.exec('rollback to verb');
          done.push(() => reject(explained(this.#file, error)));
        }
        this.#database.exec('release verb');
      }
      this.#database.exec('commit');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('rollback');
      for (const {reject} of batch) reject(explained(this.#file, error));
      return;
    }
    for (const settle of done) settle();
  }
}

const isSqlite = (error: unknown): boolean => (error as {code?: unknown}).code === 'ERR_SQLITE_ERROR';

const explained = (file: string, error: unknown): unknown => (isSqlite(error) ? broken(file, error) : error);

const inUse = (folder: string, file: string, cause: unknown) =>
  new OutsideError({
    code: 'data-in-use',
    message: `another process serves from ${folder}`,
    hint: `See which one with: fuser -v ${file}. Several coordinators need PostgreSQL: --database postgres://…`,
    cause,
  });

const broken = (file: string, cause: unknown) =>
  new OutsideError({
    code: 'data-unreadable',
    message: `${file}: ${(cause as Error).message}`,
    hint: 'See whether the disk is full, and who may write there.',
    cause,
  });

const closed = (file: string) =>
  new OutsideError({code: 'database-closed', message: `${file} is closed: the coordinator stops`});
