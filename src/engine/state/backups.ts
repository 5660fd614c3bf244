import {copyFile, mkdir, readdir, readFile, rm} from 'node:fs/promises';
import {join} from 'node:path';
import type {StatePaths} from './state-paths.ts';
import type {Backup} from './store.ts';

/** How many replaced lock files are kept beside the present one. */
export const KEPT_BACKUPS = 10;

/** Where the copy of a serial is kept. */
export const backupFile = (paths: StatePaths, serial: number): string => join(paths.backups, `${serial}.json`);

/** Copies the lock file as it is to the rolling backups and drops the oldest. Nothing to do when there is none. */
export async function keepBackup(paths: StatePaths): Promise<void> {
  const serial = await serialIn(paths.lock);
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

// The file may be broken when it is restored over; then there is nothing worth keeping.
async function serialIn(path: string): Promise<number | undefined> {
  try {
    const {serial} = JSON.parse(await readFile(path, 'utf8')) as {serial?: unknown};
    return typeof serial === 'number' ? serial : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
