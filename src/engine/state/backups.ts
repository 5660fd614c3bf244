import {copyFile, mkdir, readdir, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {NiyantaError} from '../spec/errors.ts';
import {parseLockFile} from './lock-file-schema.ts';
import {salvage} from './salvage.ts';
import type {StatePaths} from './state-paths.ts';
import type {Backup} from './store.ts';
import {textIfThere} from './text-if-there.ts';

/** How many replaced lock files are kept beside the present one. */
export const KEPT_BACKUPS = 10;

/** Where the copy of a serial is kept. */
export const backupFile = (paths: StatePaths, serial: number): string => join(paths.backups, `${serial}.json`);

/** Copies the lock file as it is to the rolling backups and drops the oldest. Nothing to do when there is none. */
export async function keepBackup(paths: StatePaths): Promise<void> {
  const serial = serialIn((await textIfThere(paths.lock)) ?? '');
  if (serial === undefined) return;
  await mkdir(paths.backups, {recursive: true});
  await copyFile(paths.lock, backupFile(paths, serial));
  const excess = (await listBackups(paths)).slice(KEPT_BACKUPS);
  await Promise.all(excess.map(({location}) => rm(location, {force: true})));
}

/** The rolling backups, newest first. */
export async function listBackups(paths: StatePaths): Promise<readonly Backup[]> {
  const names = await readdir(paths.backups).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names
    .filter(name => /^\d+\.json$/.test(name))
    .map(name => ({serial: Number.parseInt(name, 10), location: join(paths.backups, name)}))
    .sort((a, b) => b.serial - a.serial);
}

/** The serial under which a lock file's text is kept; none for one that is broken, which must not push out a good one. */
export function serialIn(text: string): number | undefined {
  try {
    return parseLockFile(text, 'lock file').serial;
  } catch (error) {
    if (!(error instanceof NiyantaError)) throw error;
    // Good for a newer niyanta.
    return error.code === 'lock-file-newer' ? salvage(text).serial : undefined;
  }
}
