import {type FileHandle, mkdir, open, readdir, rm} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import type {EnvironmentName} from '../spec/stack.ts';
import {syncFolder} from './atomic-file.ts';
import {diskError} from './disk-error.ts';
import {isRunId, KEPT_RUNS} from './run-id.ts';
import type {StatePaths} from './state-paths.ts';

/** The file of a run, lines of JSON. */
export const runFile = (paths: StatePaths, environment: EnvironmentName, run: string): string =>
  join(paths.journal, encodeURIComponent(environment), `${run}.jsonl`);

/** Appends and waits for the disk; the first lines of a run drop all but the newest. Errors: OutsideError `disk-full`, …. */
export async function appendLines(path: string, lines: string): Promise<void> {
  try {
    const begins = await beginRun(path);
    const file = await open(path, 'a+', 0o600);
    try {
      await dropTornLine(file);
      await file.appendFile(lines);
      await file.datasync();
    } finally {
      await file.close();
    }
    if (begins) await syncFolder(dirname(path));
  } catch (error) {
    throw diskError(path, error);
  }
}

/** True for the first append of a run, which makes room for it. */
async function beginRun(path: string): Promise<boolean> {
  const folder = dirname(path);
  await mkdir(folder, {recursive: true, mode: 0o700});
  const kept = await runsIn(folder);
  if (kept.some(run => path === join(folder, `${run}.jsonl`))) return false;
  const excess = [...kept]
    .sort()
    .reverse()
    .slice(KEPT_RUNS - 1);
  await Promise.all(excess.map(run => rm(join(folder, `${run}.jsonl`), {force: true})));
  return true;
}

/** What an append before this one left unfinished (a full disk, a power cut) must not run into what follows. */
async function dropTornLine(file: FileHandle): Promise<void> {
  const {size} = await file.stat();
  if (size === 0) return;
  const {buffer: last} = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  if (last[0] === 0x0a) return;
  const whole = await file.readFile();
  await file.truncate(whole.lastIndexOf(0x0a) + 1);
}

/** Ids of the runs whose files lie in a folder. */
export async function runsIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.flatMap(name => (name.endsWith('.jsonl') && isRunId(name.slice(0, -6)) ? [name.slice(0, -6)] : []));
}
