import {randomBytes} from 'node:crypto';
import {link, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {diskError} from './disk-error.ts';
import {ensureStateFolder} from './state-folder.ts';
import type {StatePaths} from './state-paths.ts';
import {textIfThere} from './text-if-there.ts';

/**
 * The salt that a lock file will have when it is first written. Kept aside until then: a plan that was saved before
 * the first apply must see the same fingerprints as that apply, whichever processes make them.
 */
export async function initialSalt(paths: StatePaths): Promise<string> {
  const file = join(paths.folder, 'salt');
  const kept = await textIfThere(file);
  if (kept !== undefined) return kept;
  const mine = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    await ensureStateFolder(paths.folder);
    await writeFile(mine, randomBytes(18).toString('base64'));
    // link() fails when it exists, so that of two processes at once one's salt wins, and is never read half-written.
    await link(mine, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw diskError(file, error);
  } finally {
    await rm(mine, {force: true});
  }
  return (await textIfThere(file)) ?? initialSalt(paths);
}
