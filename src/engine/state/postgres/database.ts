import {readFile} from 'node:fs/promises';
import {userInfo} from 'node:os';
import {setTimeout as sleep} from 'node:timers/promises';
import type postgres from 'postgres';
import {OutsideError, UserError} from '../../spec/errors.ts';
import {type PostgresLocation, stateText} from '../../spec/state-location.ts';
import {resolveSecrets, secretNames} from '../secret-references.ts';
import type {Secrets} from '../secrets.ts';
import {ensureSchema, lacksSchema} from './schema.ts';

export type Sql = postgres.Sql;
export type Transaction = postgres.TransactionSql;

/** How long a database that went away is tried again; one that never answered, for a moment only. */
const PATIENCE_MS = 20_000;
const FIRST_PATIENCE_MS = 3_000;
/** Statements take milliseconds, and may wait 5 s for a lock. */
const TRY_MS = 8_000;

/** Where from a password may come, and what else libpq's variables say. */
type Env = Readonly<Record<string, string | undefined>>;

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
        const patience = this.#known ? PATIENCE_MS : FIRST_PATIENCE_MS;
        if (performance.now() - began > patience) throw this.#unreachable(error);
      }
      await sleep(pause * (0.5 + Math.random() / 2), undefined, {signal});
    }
  }

  /** The same in one transaction, which ends by itself when this process stops in the middle of it. */
  transaction<T>(work: (sql: Transaction) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.use(async sql => {
      const done = await sql.begin(async transaction => {
        await transaction`select set_config('idle_in_transaction_session_timeout', '5000', true),
          set_config('lock_timeout', '5000', true)`;
        return {value: await work(transaction)};
      });
      return (done as {value: T}).value;
    }, signal);
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
    const {user, host, port, database, options} = this.#location;
    const env = this.#env;
    const name = user ?? env.PGUSER ?? userInfo().username;
    const address = options.host ?? host ?? env.PGHOST ?? 'localhost';
    const password = await this.#password();
    return connect({
      host: address,
      port: port ?? Number(env.PGPORT ?? 5432),
      user: name,
      database: database ?? env.PGDATABASE ?? name,
      ...(password === undefined ? {} : {password}),
      ssl: await tlsOf(this.#location, address, env),
      connect_timeout: Number(options.connect_timeout ?? env.PGCONNECT_TIMEOUT ?? 5),
      max: 4,
      // Named statements do not go through a pooler.
      prepare: false,
      fetch_types: false,
      backoff: () => 0,
      onnotice: () => {},
      connection: {application_name: 'niyanta'},
    });
  }

  async #password(): Promise<string | undefined> {
    const written = this.#location.password ?? this.#env.PGPASSWORD;
    if (written === undefined) return undefined;
    const names = secretNames([written]);
    return names.length === 0 ? written : resolveSecrets(written, await this.#secrets.values(names));
  }

  #explained(error: unknown): unknown {
    const code = (error as {code?: unknown}).code;
    if (!(error instanceof Error) || typeof code !== 'string' || error instanceof UserError) return error;
    if (
      !/^(28|3D|42501|0A|08P01|SELF_SIGNED|DEPTH_ZERO|CERT_|UNABLE_TO|ERR_TLS)/.test(code) &&
      !/^[0-9A-Z]{5}$/.test(code)
    )
      return error;
    return new OutsideError({
      code: 'state-refused',
      message: `the database ${stateText(this.#location)} refused: ${error.message} (${code})`,
      hint: hintFor(code),
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

const hintFor = (code: string): string => {
  if (code.startsWith('28')) return 'See user and password: ${secret:NAME} or ${env:NAME} in the URL, or PGPASSWORD.';
  if (code.startsWith('3D')) return 'Create the database: createdb NAME.';
  if (code === '42501')
    return 'The user needs the right to create a schema: GRANT CREATE ON DATABASE … TO …; or let an owner run niyanta once.';
  if (/CERT|TLS|SIGN|UNABLE/.test(code)) return 'Give the certificate of its authority: sslrootcert=FILE in the URL.';
  return 'See what the log of the database says.';
};

/** `sslmode` as libpq means it; a socket needs none. */
async function tlsOf({options}: PostgresLocation, host: string, env: Env) {
  const mode = options.sslmode ?? env.PGSSLMODE ?? 'prefer';
  if (mode === 'disable' || mode === 'allow' || host.startsWith('/')) return false;
  if (mode === 'prefer' || mode === 'require') return mode;
  const file = options.sslrootcert ?? env.PGSSLROOTCERT;
  const ca = file === undefined || file === 'system' ? {} : {ca: await readFile(file, 'utf8')};
  const anyName = mode === 'verify-ca' ? {checkServerIdentity: () => undefined} : {host};
  return {rejectUnauthorized: true, ...ca, ...anyName};
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

/** Lost connections, restarts (57P0x), too many connections, lock_timeout, serialization and deadlocks. */
const transientCodes =
  /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT|CONNECTION_|CONNECT_TIMEOUT|NO_ANSWER|08|57P0|53300|55P03|25P03|40001|40P01)/;

const isTransient = (error: unknown): boolean =>
  error instanceof Error &&
  !(error instanceof OutsideError) &&
  transientCodes.test(String((error as {code?: unknown}).code));

const staysConnected = (error: unknown): boolean =>
  /^(55P03|40001|40P01)/.test(String((error as {code?: unknown}).code));
