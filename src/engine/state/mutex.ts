import {dirname} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {OutsideError} from '../spec/errors.ts';
import {diskError} from './disk-error.ts';
import {ensureStateFolder} from './state-folder.ts';

const SQLITE_BUSY = 5;
const SQLITE_CANTOPEN = 14;
/** Critical sections take milliseconds; a process that is stopped inside one is the only reason to wait longer. */
const PATIENCE_MS = 20_000;

/**
 * Runs `section` while no other process or task does, by this file. The lock is the kernel's, through SQLite
 * (Node has no flock): it ends with its process, so it is never stale and never has to be broken.
 */
export async function withMutex<T>(path: string, section: () => Promise<T>, patienceMs = PATIENCE_MS): Promise<T> {
  await ensureStateFolder(dirname(path));
  const database = openDatabase(path);
  try {
    await begin(database, path, patienceMs);
    return await section();
  } finally {
    database.close();
  }
}

function openDatabase(path: string) {
  const {DatabaseSync} = process.getBuiltinModule('node:sqlite');
  try {
    return new DatabaseSync(path, {timeout: 0});
  } catch (error) {
    if ((error as {errcode?: number}).errcode !== SQLITE_CANTOPEN) throw error;
    throw diskError(path, Object.assign(new Error('cannot be opened', {cause: error}), {code: 'EACCES'}));
  }
}

async function begin(database: {exec(sql: string): void}, path: string, patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      // Nothing is ever written in it; without a journal on disk it needs no room there either.
      database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
      return;
    } catch (error) {
      if ((error as {errcode?: number}).errcode !== SQLITE_BUSY) throw error;
      if (performance.now() > deadline) throw stuck(path, patienceMs, error);
    }
    await sleep(2 + Math.random() * 8);
  }
}

function stuck(path: string, patienceMs: number, cause: unknown): OutsideError {
  return new OutsideError({
    code: 'state-busy',
    message: `another process has kept ${path} locked for ${Math.round(patienceMs / 1000)} s`,
    hint: `See which one with: fuser -v ${path} (a process stopped with Ctrl-Z goes on with fg).`,
    transient: true,
    cause,
  });
}
