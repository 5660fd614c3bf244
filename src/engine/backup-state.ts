import {resolve} from 'node:path';
import type {Session} from './session.ts';
import {writeBackup} from './state/backup-file.ts';

/** A copy of the lock file. */
export interface StateCopy {
  /** Absolute. */
  readonly file: string;
  readonly serial: number;
}

/** Copies the lock file to `file`, or to one in the working directory named after project and serial. */
export async function backupState({store, project}: Session, file?: string): Promise<StateCopy> {
  const lock = await store.read();
  const target = resolve(file ?? `${project.name}-${lock.serial}.lock.json`);
  await writeBackup(lock, target);
  return {file: target, serial: lock.serial};
}
