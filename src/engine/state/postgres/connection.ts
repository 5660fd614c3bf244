import {readFile} from 'node:fs/promises';
import {userInfo} from 'node:os';
import type postgres from 'postgres';
import {NiyantaError} from '../../spec/errors.ts';
import type {PostgresLocation} from '../../spec/state-location.ts';
import {resolveSecrets, secretNames} from '../secret-references.ts';
import type {Secrets} from '../secrets.ts';

/** Where from a password may come, and what else libpq's variables say. */
export type Env = Readonly<Record<string, string | undefined>>;

type Tls = postgres.Options<Record<string, never>>['ssl'];

/** What the library `postgres` needs to reach a database, by its URL and libpq's variables. */
export async function connectionTo(location: PostgresLocation, secrets: Secrets, env: Env) {
  const {user, host, port, database, options} = location;
  const name = user ?? env.PGUSER ?? userInfo().username;
  const address = options.host ?? host ?? env.PGHOST ?? 'localhost';
  const password = await passwordOf(location, secrets, env);
  return {
    host: address,
    port: port ?? Number(env.PGPORT ?? 5432),
    user: name,
    database: database ?? env.PGDATABASE ?? name,
    ...(password === undefined ? {} : {password}),
    ssl: await tlsOf(location, address, env),
    connect_timeout: Number(options.connect_timeout ?? env.PGCONNECT_TIMEOUT ?? 5),
  };
}

async function passwordOf(location: PostgresLocation, secrets: Secrets, env: Env): Promise<string | undefined> {
  const written = location.password ?? env.PGPASSWORD;
  if (written === undefined) return undefined;
  const names = secretNames([written]);
  return names.length === 0 ? written : resolveSecrets(written, await secrets.values(names));
}

/** `sslmode` as libpq means it; a socket needs none. */
async function tlsOf({options}: PostgresLocation, host: string, env: Env): Promise<Tls> {
  const mode = options.sslmode ?? env.PGSSLMODE ?? 'prefer';
  if (mode === 'disable' || mode === 'allow' || host.startsWith('/')) return false;
  if (mode === 'prefer' || mode === 'require') return mode;
  const file = options.sslrootcert ?? env.PGSSLROOTCERT;
  const ca = file === undefined || file === 'system' ? {} : {ca: await readFile(file, 'utf8')};
  const anyName = mode === 'verify-ca' ? {checkServerIdentity: () => undefined} : {host};
  return {rejectUnauthorized: true, ...ca, ...anyName};
}

/** What a database or its TLS says no with, for people; undefined when the error is not one of those. */
export function refusalIn(error: unknown): {readonly text: string; readonly hint: string} | undefined {
  const code = (error as {code?: unknown}).code;
  if (!(error instanceof Error) || error instanceof NiyantaError || typeof code !== 'string') return undefined;
  if (!/^(SELF_SIGNED|DEPTH_ZERO|CERT_|UNABLE_TO|ERR_TLS)/.test(code) && !/^[0-9A-Z]{5}$/.test(code)) return undefined;
  return {text: `${error.message} (${code})`, hint: hintFor(code)};
}

const hintFor = (code: string): string => {
  if (code.startsWith('28')) return 'See user and password: ${secret:NAME} or ${env:NAME} in the URL, or PGPASSWORD.';
  if (code.startsWith('3D')) return 'Create the database: createdb NAME.';
  if (code === '42501')
    return 'The user needs the right to create a schema: GRANT CREATE ON DATABASE … TO …; or let an owner run niyanta once.';
  if (/CERT|TLS|SIGN|UNABLE/.test(code)) return 'Give the certificate of its authority: sslrootcert=FILE in the URL.';
  return 'See what the log of the database says.';
};

/** Lost connections, restarts (57P0x), too many connections, lock_timeout, serialization and deadlocks. */
const transientCodes =
  /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT|CONNECTION_|CONNECT_TIMEOUT|NO_ANSWER|08|57P0|53300|55P03|25P03|40001|40P01)/;

/** Whether the same may work later: the database is not there, restarts, or ended this transaction for another. */
export const mayBeTriedAgain = (error: unknown): boolean =>
  error instanceof Error && transientCodes.test(String((error as {code?: unknown}).code));
