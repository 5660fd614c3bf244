import {dirname} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {OutsideError} from '../spec/errors.ts';
import {ensureStateFolder} from './state-folder.ts';

const SQLITE_BUSY = 5;
/** Critical sections take milliseconds; a process that is stopped inside one is the only reason to wait longer. */
const PATIENCE_MS = 20_000;

/**
 * Runs `section` while no other process or task does, by this file. The lock is the kernel's, through SQLite
 * (Node has no flock): it ends with its process, so it is never stale and never has to be broken.
 */
export async function withMutex<T>(path: string, section: () => Promise<T>, patienceMs = PATIENCE_MS): Promise<T> {
  const {DatabaseSync} = process.getBuiltinModule('node:sqlite');
  await ensureStateFolder(dirname(path));
  const database = new DatabaseSync(path, {timeout: 0});
  try {
    await begin(database, path, patienceMs);
    return await section();
  } finally {
    database.close();
  }
}

async function begin(database: {exec(sql: string): void}, path: string, patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      database.exec('BEGIN EXCLUSIVE');
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
