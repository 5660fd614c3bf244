import {mkdir, open, readFile, rename, rm, stat, writeFile} from 'node:fs/promises';
import {homedir} from 'node:os';
import {dirname, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {UserError} from '../../spec/errors.ts';
import type {LoginOffer} from './device-flow.ts';
import type {Tokens} from './tokens.ts';

/** Somebody who is logged in to a server. */
export interface Login extends LoginOffer, Tokens {}

type Logins = Readonly<Record<string, Login>>;
type Env = Readonly<Record<string, string | undefined>>;

/** `$XDG_CONFIG_HOME/niyanta/logins.json`, which its owner alone may read. */
export const loginsFile = (env: Env): string =>
  join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config'), 'niyanta', 'logins.json');

/** Errors: UserError `logins-invalid`. */
export async function readLogin(file: string, server: string): Promise<Login | undefined> {
  const logins = await read(file);
  return Object.hasOwn(logins, server) ? logins[server] : undefined;
}

/** `undefined` forgets it. Whole or not at all, one process after the other. */
export const writeLogin = (file: string, server: string, login: Login | undefined): Promise<void> =>
  alone(file, async () => {
    const {[server]: _, ...others} = await read(file);
    await write(file, login ? {...others, [server]: login} : others);
  });

/** A login as it is after `change`, which sees what others have made of it meanwhile. */
export const changeLogin = (
  file: string,
  server: string,
  change: (login: Login | undefined) => Promise<Login | undefined>,
): Promise<Login | undefined> =>
  alone(file, async () => {
    const logins = await read(file);
    const now = Object.hasOwn(logins, server) ? logins[server] : undefined;
    const next = await change(now);
    if (next && next !== now) await write(file, {...logins, [server]: next});
    return next;
  });

async function read(file: string): Promise<Logins> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw invalid(file, error.message, error);
  });
  try {
    return JSON.parse(text) as Logins;
  } catch (error) {
    throw invalid(file, 'is no JSON', error);
  }
}

async function write(file: string, logins: Logins): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify(logins, null, 2)}\n`, {mode: 0o600});
  await rename(temporary, file);
}

const STALE_MS = 60_000;

/** A refresh token is good once: two processes must not use the same. */
async function alone<T>(file: string, work: () => Promise<T>): Promise<T> {
  const lock = `${file}.lock`;
  await mkdir(dirname(file), {recursive: true, mode: 0o700});
  while (!(await taken(lock))) await sleep(50);
  try {
    return await work();
  } finally {
    await rm(lock, {force: true});
  }
}

async function taken(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx', 0o600)).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw invalid(lock, (error as Error).message, error);
  }
  // Of a process that was killed while it had it.
  const {mtimeMs = Date.now()} = (await stat(lock).catch(() => undefined)) ?? {};
  if (Date.now() - mtimeMs > STALE_MS) await rm(lock, {force: true});
  return false;
}

const invalid = (file: string, why: string, cause: unknown): UserError =>
  new UserError({
    code: 'logins-invalid',
    message: `${file} cannot be used: ${why}`,
    hint: 'Remove it and log in again, or use an API key in NIYANTA_API_KEY.',
    cause,
  });
