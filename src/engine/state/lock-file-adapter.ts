import {readFile} from 'node:fs/promises';
import type {Adapter} from 'lowdb';
import {writeAtomically} from './atomic-file.ts';
import {keepBackup} from './backups.ts';
import type {LockFile} from './lock-file.ts';
import {formatLockFile, parseLockFile} from './lock-file-schema.ts';
import type {StatePaths} from './state-paths.ts';

/** lowdb's own file adapters neither validate nor fsync; this one does, and keeps what it replaces. */
export function lockFileAdapter(paths: StatePaths, project: string): Adapter<LockFile> {
  return {
    async read() {
      const text = await textIfThere(paths.lock);
      return text === undefined ? null : parseLockFile(text, paths.lock, project);
    },
    async write(lock) {
      // Safe to commit, no secret in it: readable by all.
      await writeAtomically(paths.lock, formatLockFile(lock), {
        mode: 0o644,
        beforeRename: () => keepBackup(paths),
      });
    },
  };
}

/** The text of a file, undefined when there is none. */
export async function textIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
