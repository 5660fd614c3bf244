import {randomUUID} from 'node:crypto';
import {mkdir, readdir, readFile, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {hasEnded, type ProcessIdentity, thisProcess} from '../../state/process-identity.ts';
import {writeWhole} from '../../write-whole.ts';

/** The database of one `niyanta run`, kept until it has ended well: what a killed one left running is found by it. */
export interface RunFolder {
  /** A UUID; its coordinator's, too, so that whoever ends it leads at once. */
  readonly id: string;
  readonly path: string;
}

const runsOf = (project: string): string => join(project, '.niyanta', 'runs');

/** A folder for a run of this process. */
export async function makeRunFolder(project: string): Promise<RunFolder> {
  const id = randomUUID();
  const path = join(runsOf(project), id);
  await mkdir(path, {recursive: true, mode: 0o700});
  await claimRunFolder({id, path});
  return {id, path};
}

/** It is this process's now. */
export const claimRunFolder = ({path}: RunFolder): Promise<void> =>
  writeWhole(join(path, 'process.json'), `${JSON.stringify(thisProcess())}\n`);

export const removeRunFolder = ({path}: RunFolder): Promise<void> => rm(path, {recursive: true, force: true});

/** Runs of this project whose process has ended without ending them. */
export async function abandonedRuns(project: string): Promise<readonly RunFolder[]> {
  const names = await readdir(runsOf(project)).catch((): string[] => []);
  const found: RunFolder[] = [];
  for (const id of names.sort()) {
    const path = join(runsOf(project), id);
    const text = await readFile(join(path, 'process.json'), 'utf8').catch(() => undefined);
    if (text !== undefined && hasEnded(JSON.parse(text) as ProcessIdentity)) found.push({id, path});
  }
  return found;
}
