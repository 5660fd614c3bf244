import {resolve} from 'node:path';
import type {Session} from './session.ts';
import {UserError, UserErrors} from './spec/errors.ts';
import {readBackup} from './state/backup-file.ts';
import type {LockFile} from './state/lock-file.ts';
import type {Backup, StateStore} from './state/store.ts';

/** Which copy is put back: a file, or one of those that the store kept; the newest that can be read when empty. */
export interface ChosenCopy {
  readonly file?: string;
  readonly serial?: number;
}

/** What was put back. */
export interface Restored {
  /** Absolute path of the copy that was taken, or where the store kept it. */
  readonly from: string;
  /** Serial that the copy had. */
  readonly was: number;
  /** Serial of the lock file now: above both. */
  readonly serial: number;
}

/** The copies that niyanta keeps by itself, newest first. */
export const stateBackups = ({store}: Session): Promise<readonly Backup[]> => store.backups();

/**
 * Puts a copy in place of the lock file. The next plan compares it with the hosts. Errors: UserError
 * `backup-not-found`, `lock-held`, and those of a lock file.
 */
export async function restoreState({store, project}: Session, {file, serial}: ChosenCopy): Promise<Restored> {
  const {from, lock} =
    file === undefined
      ? await keptCopy(store, serial)
      : {from: resolve(file), lock: await readBackup(resolve(file), project.name)};
  const now = await store.replace(() => lock);
  return {from, was: lock.serial, serial: now.serial};
}

async function keptCopy(store: StateStore, serial?: number): Promise<{from: string; lock: LockFile}> {
  const kept = await store.backups();
  const wanted = serial === undefined ? kept : kept.filter(copy => copy.serial === serial);
  let broken: unknown;
  for (const copy of wanted) {
    try {
      return {from: copy.location, lock: await store.backup(copy.serial)};
    } catch (error) {
      if (!(error instanceof UserError || error instanceof UserErrors)) throw error;
      broken ??= error;
    }
  }
  if (broken) throw broken;
  throw new UserError({
    code: 'backup-not-found',
    message: `niyanta has kept no copy of ${store.location}${serial === undefined ? ' yet' : ` with serial ${serial}`}`,
    hint: 'See them with `niyanta state restore --list`, give a file: `niyanta state restore FILE`; or make the lock file anew from the hosts: `niyanta state rebuild`.',
  });
}
