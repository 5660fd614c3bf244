import {mkdir, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {diskError} from './disk-error.ts';

/** Makes `.niyanta/<stem>`; `.niyanta` ignores itself in git, wherever the lock file lies. */
export async function ensureStateFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, {recursive: true});
    await writeFile(join(dirname(folder), '.gitignore'), '*\n', {flag: 'wx'});
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw diskError(folder, error);
  }
}
