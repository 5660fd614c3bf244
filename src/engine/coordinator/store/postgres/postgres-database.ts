import {setTimeout as sleep} from 'node:timers/promises';
import type {Sql} from 'postgres';
import {NiyantaError, OutsideError} from '../../../spec/errors.ts';
import {type PostgresLocation, stateText} from '../../../spec/state-location.ts';
import {connectionTo, type Env, mayBeTriedAgain, refusalIn} from '../../../state/postgres/connection.ts';
import {endStuckPeers, LOCK_TIMEOUT} from '../../../state/postgres/end-stuck-peers.ts';
import {inTransaction} from '../../../state/postgres/transaction.ts';
import type {Secrets} from '../../../state/secrets.ts';
import type {Database, Session} from '../database.ts';
import type {HintListener} from '../store.ts';
import {HINTS} from './hints.ts';
import {migratePostgres, SCHEMA} from './migrate-postgres.ts';
import {postgresSession, sessionIn} from './postgres-session.ts';

/** How long a database that went away is tried again; then the caller decides. */
const PATIENCE_MS = 5_000;
/** Statements take milliseconds, and may wait 3 s for a lock. */
const TRY_MS = 10_000;
const PROGRAM = 'niyanta serve';
/** A coordinator that is stopped in the middle of a transaction keeps the others waiting for so long. */
const SILENT_MS = 3_000;
/** Two of one key at once: the second finds the first. */
const UNIQUE_VIOLATION = '23505';
const CONNECTIONS = 10;

/**
 * A PostgreSQL, 15 or later, shared by any number of coordinators, with tables of niyanta's own. Connections are made
 * anew when they break. Errors: OutsideError `database-refused`, `database-unreachable` (transient), `database-newer`,
 * `database-not-durable`.
 */
export async function openPostgres(location: PostgresLocation, secrets: Secrets, env: Env): Promise<Database> {
  const {default: connect} = await import('postgres');
  const options = await connectionTo(location, secrets, env);
  const pool = () =>
    connect({
      ...options,
      max: CONNECTIONS,
      fetch_types: false,
      // Seconds. Who listens for hints tries for good.
      backoff: tries => Math.min(0.02 * 2 ** tries, 1),
      onnotice: () => {},
      types: {bigint: {to: 20, from: [20], parse: Number, serialize: String}},
      connection: {
        application_name: PROGRAM,
        search_path: SCHEMA,
        idle_in_transaction_session_timeout: SILENT_MS,
        lock_timeout: 3_000,
      },
    });
  const database = new PostgresDatabase(pool, stateText(location));
  try {
    await database.prepare();
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

class PostgresDatabase implements Database {
  readonly kind = 'postgres';
  readonly #connect: () => Sql;
  readonly #place: string;
  #sql: Sql;
  readonly #listening = new Set<Listening>();
  readonly #underWay = new Set<Promise<unknown>>();
  #closed = false;

  constructor(connect: () => Sql, place: string) {
    this.#connect = connect;
    this.#place = place;
    this.#sql = connect();
  }

  prepare(): Promise<void> {
    return this.#tried(sql => migratePostgres(sql, this.#place));
  }

  write<T>(work: (session: Session, again: boolean) => Promise<T>): Promise<T> {
    return this.#tried((sql, again) => inTransaction(sql, transaction => work(sessionIn(transaction), again)));
  }

  writeAlone<T>(work: (session: Session, again: boolean) => Promise<T>): Promise<T> {
    return this.#tried((sql, again) =>
      again ? inTransaction(sql, transaction => work(sessionIn(transaction), true)) : work(postgresSession(sql), false),
    );
  }

  read<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#tried(sql => work(postgresSession(sql)));
  }

  async onHint(listener: HintListener): Promise<() => Promise<void>> {
    const listening: Listening = {listener, end: async () => {}};
    await this.#tried(sql => listen(sql, listening));
    this.#listening.add(listening);
    return async () => {
      this.#listening.delete(listening);
      await listening.end();
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
    // Nobody waits for an answer any more; a connection that never came about would be waited for in full.
    await this.#sql.end({timeout: 0.2});
  }

  async #tried<T>(work: (sql: Sql, again: boolean) => Promise<T>): Promise<T> {
    const trying = this.#tryFor(work);
    this.#underWay.add(trying);
    try {
      return await trying;
    } finally {
      this.#underWay.delete(trying);
    }
  }

  async #tryFor<T>(work: (sql: Sql, again: boolean) => Promise<T>): Promise<T> {
    const began = performance.now();
    let doubles = 0;
    for (let pause = 20, again = false; ; pause = Math.min(pause * 2, 500), again = true) {
      const sql = this.#sql;
      try {
        return await inTime(work(sql, again));
      } catch (error) {
        if (error instanceof NiyantaError) throw error;
        const code = String((error as {code?: unknown}).code);
        if (code === UNIQUE_VIOLATION && ++doubles < 3) continue;
        if (!mayBeTriedAgain(error)) throw this.#explained(error);
        if (code === 'NO_ANSWER') this.#renew(sql);
        if (code === LOCK_TIMEOUT) await endStuckPeers(sql, PROGRAM, SILENT_MS).catch(() => undefined);
        if (this.#closed || performance.now() - began > PATIENCE_MS) throw this.#unreachable(error);
      }
      await sleep(pause * (0.5 + Math.random() / 2));
    }
  }

  /** Connections that are cut off without a word are left behind. */
  #renew(stuck: Sql): void {
    if (this.#sql !== stuck || this.#closed) return;
    this.#sql = this.#connect();
    for (const listening of this.#listening) void listen(this.#sql, listening).catch(() => undefined);
    void stuck.end({timeout: 0}).catch(() => undefined);
  }

  #explained(error: unknown): unknown {
    const refusal = refusalIn(error);
    if (!refusal) return error;
    return new OutsideError({
      code: 'database-refused',
      message: `the database ${this.#place} refused: ${refusal.text}`,
      hint: refusal.hint,
      cause: error,
    });
  }

  #unreachable(cause: unknown): OutsideError {
    const {message, code} = cause as {message?: string; code?: string};
    return new OutsideError({
      code: 'database-unreachable',
      message: `the database ${this.#place} cannot be reached: ${message || code || 'no answer'}`,
      hint: 'See whether it is up and its address is right (psql with the same URL).',
      transient: true,
      cause,
    });
  }
}

interface Listening {
  readonly listener: HintListener;
  end: () => Promise<void>;
}

async function listen(sql: Sql, listening: Listening): Promise<void> {
  // Whatever was said while nobody listened is a hint, too.
  const heard = (about: string) => listening.listener(about === 'workloads' ? about : undefined);
  const {unlisten} = await sql.listen(HINTS, heard, () => listening.listener());
  listening.end = unlisten;
}

class NoAnswer extends Error {
  readonly code = 'NO_ANSWER';
}

/** A database that is cut off must not keep us waiting for good. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  const {promise, reject} = Promise.withResolvers<never>();
  const late = setTimeout(() => reject(new NoAnswer(`no answer within ${TRY_MS / 1000} s`)), TRY_MS);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(late);
  }
}
