import {resolve} from 'node:path';
import {UserError} from '../spec/errors.ts';
import {writeAtomically} from './atomic-file.ts';
import type {LockFile} from './lock-file.ts';
import {formatLockFile, parseLockFile} from './lock-file-schema.ts';
import {textIfThere} from './text-if-there.ts';

/** Writes a copy that `readBackup` takes back. Errors: OutsideError when the disk refuses. */
export async function writeBackup(lock: LockFile, file: string): Promise<void> {
  await writeAtomically(resolve(file), formatLockFile(lock), {mode: 0o644});
}

/** A copy of the lock file of `project`, checked as the lock file itself is. Errors also: UserError `backup-not-found`. */
export async function readBackup(file: string, project: string): Promise<LockFile> {
  const text = await textIfThere(file);
  if (text !== undefined) return parseLockFile(text, file, project);
  throw new UserError({
    code: 'backup-not-found',
    message: `there is no file ${file}`,
    hint: 'See the copies that niyanta keeps with `niyanta state restore --list`.',
  });
}
