import {Bug} from '../spec/errors.ts';

/** So many of an environment's newest runs keep their journal. */
export const KEPT_RUNS = 20;

const runId = /^\d{8}T\d{9}Z-[0-9a-f]{6,}$/;

/** Names a run so that names sort by time: `20261121T113400123Z-1a2b3c`. `random` is at least 6 hex digits. */
export function makeRunId(at: Date, random: string): string {
  return checkedRunId(`${at.toISOString().replace(/[-:.]/g, '')}-${random}`);
}

export const isRunId = (text: string): boolean => runId.test(text);

/** Runs name files and rows; anything that `makeRunId` would not make is a bug of the caller. */
export function checkedRunId(run: string): string {
  if (isRunId(run)) return run;
  throw new Bug(`${JSON.stringify(run)} is no id of a run`);
}
