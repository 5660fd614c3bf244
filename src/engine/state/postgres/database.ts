import {setTimeout as sleep} from 'node:timers/promises';
import type postgres from 'postgres';
import {OutsideError} from '../../spec/errors.ts';
import {type PostgresLocation, stateText} from '../../spec/state-location.ts';
import type {Secrets} from '../secrets.ts';
import {connectionTo, type Env, mayBeTriedAgain, refusalIn} from './connection.ts';
import {endStuckPeers, LOCK_TIMEOUT} from './end-stuck-peers.ts';
import {ensureSchema, lacksSchema} from './schema.ts';
import {inTransaction, type Transaction} from './transaction.ts';

export type Sql = postgres.Sql;

/** How long a database that went away is tried again; one that never answered, for a moment only. */
const PATIENCE_MS = 20_000;
const FIRST_PATIENCE_MS = 3_000;
/** Statements take milliseconds, and may wait 5 s for a lock. */
const TRY_MS = 8_000;
const PROGRAM = 'niyanta';
const SILENT_MS = 5_000;

/** The database that keeps the state: connected to when it is first needed, and again when it went away. */
export class Database {
  readonly #location: PostgresLocation;
  readonly #secrets: Secrets;
  readonly #env: Env;
  #opening: Promise<Sql> | undefined;
  #known = false;

  constructor(location: PostgresLocation, secrets: Secrets, env: Env) {
    this.#location = location;
    this.#secrets = secrets;
    this.#env = env;
  }

  /**
   * Does work that may be done twice: again when the database went away, restarted, or chose this transaction to end a
   * deadlock. Makes niyanta's schema when it is not there. Errors: OutsideError `state-unreachable`, `state-refused`.
   */
  async use<T>(work: (sql: Sql) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const began = performance.now();
    for (let pause = 100; ; pause = Math.min(pause * 2, 2_000)) {
      signal?.throwIfAborted();
      const opening = this.#open();
      try {
        const sql = await opening;
        const done = await inTime(work(sql), signal);
        this.#known = true;
        return done;
      } catch (error) {
        signal?.throwIfAborted();
        if (lacksSchema(error)) {
          await inTime(ensureSchema(await opening));
          continue;
        }
        if (!isTransient(error)) throw this.#explained(error);
        if (!staysConnected(error)) this.#drop(opening);
        if ((error as {code?: unknown}).code === LOCK_TIMEOUT)
          await endStuckPeers(await opening, PROGRAM, SILENT_MS).catch(() => undefined);
        const patience = this.#known ? PATIENCE_MS : FIRST_PATIENCE_MS;
        if (performance.now() - began > patience) throw this.#unreachable(error);
      }
      await sleep(pause * (0.5 + Math.random() / 2), undefined, {signal});
    }
  }

  /** The same in one transaction, which ends by itself when this process stops in the middle of it. */
  transaction<T>(work: (sql: Transaction) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const limited = async (transaction: Transaction) => {
      await transaction`select set_config('idle_in_transaction_session_timeout', '5000', true),
        set_config('lock_timeout', '5000', true)`;
      return work(transaction);
    };
    return this.use(sql => inTransaction(sql, limited), signal);
  }

  async close(): Promise<void> {
    const open = this.#opening;
    this.#opening = undefined;
    await open?.then(sql => sql.end({timeout: 1})).catch(() => undefined);
  }

  #open(): Promise<Sql> {
    this.#opening ??= this.#connect();
    return this.#opening;
  }

  #drop(failed: Promise<Sql>): void {
    if (this.#opening === failed) this.#opening = undefined;
    void failed.then(sql => sql.end({timeout: 0})).catch(() => undefined);
  }

  async #connect(): Promise<Sql> {
    const {default: connect} = await import('postgres');
    return connect({
      ...(await connectionTo(this.#location, this.#secrets, this.#env)),
      max: 4,
      // Named statements do not go through a pooler.
      prepare: false,
      fetch_types: false,
      backoff: () => 0,
      onnotice: () => {},
      connection: {application_name: PROGRAM},
    });
  }

  #explained(error: unknown): unknown {
    const refusal = refusalIn(error);
    if (!refusal) return error;
    return new OutsideError({
      code: 'state-refused',
      message: `the database ${stateText(this.#location)} refused: ${refusal.text}`,
      hint: refusal.hint,
      cause: error,
    });
  }

  #unreachable(cause: unknown): OutsideError {
    const {message, code} = cause as {message?: string; code?: string};
    return new OutsideError({
      code: 'state-unreachable',
      message: `the state at ${stateText(this.#location)} cannot be reached: ${message || code || 'no answer'}`,
      hint: 'See whether the database is up and its address is right (psql with the same URL); then run the same command again.',
      transient: true,
      cause,
    });
  }
}

class NoAnswer extends Error {
  readonly code = 'NO_ANSWER';
}

/** A database that is cut off must not keep us waiting for good. */
async function inTime<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  const late = AbortSignal.timeout(TRY_MS);
  const over = signal ? AbortSignal.any([late, signal]) : late;
  const {promise, reject} = Promise.withResolvers<never>();
  const onOver = () => reject(late.aborted ? new NoAnswer(`no answer within ${TRY_MS / 1000} s`) : signal?.reason);
  over.addEventListener('abort', onOver, {once: true});
  try {
    return await Promise.race([work, promise]);
  } finally {
    over.removeEventListener('abort', onOver);
  }
}

const isTransient = (error: unknown): boolean => !(error instanceof OutsideError) && mayBeTriedAgain(error);

const staysConnected = (error: unknown): boolean =>
  /^(55P03|40001|40P01)/.test(String((error as {code?: unknown}).code));
