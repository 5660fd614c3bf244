import {resolve} from 'node:path';
import type {Session} from './session.ts';
import {UserError} from './spec/errors.ts';
import {readBackup} from './state/backup-file.ts';
import {type Backup, listBackups} from './state/backups.ts';
import {statePaths} from './state/state-paths.ts';

/** What was put back. */
export interface Restored {
  /** Absolute path of the copy that was taken. */
  readonly from: string;
  /** Serial that the copy had. */
  readonly was: number;
  /** Serial of the lock file now: above both. */
  readonly serial: number;
}

/** The copies that niyanta keeps by itself, newest first. */
export const stateBackups = ({project}: Session): Promise<readonly Backup[]> =>
  listBackups(statePaths(project.state.path));

/**
 * Puts a copy in place of the lock file: `file`, or the newest that niyanta kept and that can be read. The next plan
 * compares it with the hosts. Errors: UserError `backup-not-found`, `lock-held`, and those of a lock file.
 */
export async function restoreState(session: Session, file?: string): Promise<Restored> {
  const {store, project} = session;
  const from = file === undefined ? await newestBackup(session) : resolve(file);
  const backup = await readBackup(from, project.name);
  const {serial} = await store.replace(() => backup);
  return {from, was: backup.serial, serial};
}

async function newestBackup(session: Session): Promise<string> {
  const [newest] = await stateBackups(session);
  if (newest) return newest.path;
  throw new UserError({
    code: 'backup-not-found',
    message: `niyanta has kept no copy of ${session.project.state.path} yet`,
    hint: 'Give a file: `niyanta state restore FILE`; or make the lock file anew from the hosts: `niyanta state rebuild`.',
  });
}
