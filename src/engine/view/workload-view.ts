import type {Look, Paint} from './look.ts';
import {printable} from './printable.ts';
import {duration} from './quantities-view.ts';

/** A workload as it is now, from this process or from a server. */
export interface WorkloadNow {
  readonly id: string;
  readonly name: string;
  readonly version?: string;
  readonly state: string;
  readonly attempt: number;
  readonly worker?: string;
  readonly reason?: string;
  readonly exitCode?: number;
  /** Milliseconds since 1970. */
  readonly startedAt?: number;
  readonly endedAt?: number;
}

export function statePaint(state: string, {style}: Pick<Look, 'style'>): Paint {
  if (state === 'SUCCEEDED') return style.green;
  if (state === 'FAILED' || state === 'LOST') return style.red;
  if (state === 'RUNNING' || state === 'CHECKPOINTING') return style.cyan;
  return state === 'CANCELLED' || state === 'RETRYING' || state === 'PAUSED' ? style.yellow : style.dim;
}

/** What happened to it, in a line: `report  running on h1`. */
export function workloadLine(workload: WorkloadNow, look: Look, width = 0): string {
  const {name, version, state, attempt, worker, reason} = workload;
  const who = printable(version === undefined ? name : `${name} ${version}`).padEnd(width);
  const again = attempt > 1 ? `, attempt ${attempt}` : '';
  const where = worker === undefined ? '' : ` on ${printable(worker)}${again}`;
  const why = reason ? `: ${printable(reason)}` : '';
  const words: Readonly<Record<string, string>> = {
    PENDING: `waits${why}`,
    SCHEDULED: `goes to ${printable(worker ?? '')}${again}`,
    STARTING: `starts${where}`,
    RUNNING: `runs${where}`,
    CHECKPOINTING: `writes a checkpoint${where}`,
    RETRYING: `tries again${why}`,
    LOST: `is lost${where}${why}`,
    PAUSED: 'is paused',
    SUCCEEDED: `succeeded${took(workload)}`,
    FAILED: `failed${took(workload)}${why}`,
    CANCELLED: `was cancelled${why}`,
  };
  return `${look.style.bold(who)}  ${statePaint(state, look)(words[state] ?? state)}`;
}

const took = ({startedAt, endedAt}: WorkloadNow): string =>
  startedAt === undefined || endedAt === undefined ? '' : ` in ${duration(Math.max(0, endedAt - startedAt))}`;

/** The documented JSON of a change. */
export const workloadEvent = (workload: WorkloadNow): object => ({type: 'workload', ...timesAsText(workload)});

/** Times as RFC 3339. */
export const timesAsText = ({startedAt, endedAt, ...rest}: WorkloadNow): object => ({
  ...rest,
  ...(startedAt !== undefined && {startedAt: new Date(startedAt).toISOString()}),
  ...(endedAt !== undefined && {endedAt: new Date(endedAt).toISOString()}),
});

/** 0 when all succeeded; else the exit code of the first that failed (1 without one); 3 when some were cancelled. */
export function exitOfWorkloads(all: readonly WorkloadNow[]): number {
  const failed = all.find(({state}) => state === 'FAILED');
  if (failed) return failed.exitCode || 1;
  return all.some(({state}) => state === 'CANCELLED') ? 3 : 0;
}
