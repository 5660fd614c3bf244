import {lstatSync, readlinkSync, realpathSync} from 'node:fs';
import {basename, dirname, join, resolve} from 'node:path';

/** Where a file store keeps what belongs to one lock file. Absolute paths. */
export interface StatePaths {
  /** The lock file itself; a symbolic link is followed, so that both names share one mutex. */
  readonly lock: string;
  /** `.niyanta/<stem>` beside it: never committed. */
  readonly folder: string;
  readonly mutex: string;
  readonly clock: string;
  readonly leases: string;
  readonly backups: string;
  /** One folder an environment, one file a run. */
  readonly journal: string;
}

/** Derives every path from that of the lock file, so that two lock files in one folder do not share leases. */
export function statePaths(lockFile: string): StatePaths {
  const lock = followed(resolve(lockFile));
  const folder = join(dirname(lock), '.niyanta', basename(lock).replace(/\.json$/, ''));
  return {
    lock,
    folder,
    mutex: join(folder, 'mutex'),
    clock: join(folder, 'clock'),
    leases: join(folder, 'leases'),
    backups: join(folder, 'backups'),
    journal: join(folder, 'journal'),
  };
}

function followed(path: string): string {
  const real = unlessMissing(() => realpathSync(path));
  if (real !== undefined) return real;
  // A link to a file that is not there yet.
  const target = unlessMissing(() => (lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined));
  if (target !== undefined) return followed(resolve(dirname(path), target));
  const folder = unlessMissing(() => realpathSync(dirname(path)));
  return folder === undefined ? path : join(folder, basename(path));
}

function unlessMissing<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
