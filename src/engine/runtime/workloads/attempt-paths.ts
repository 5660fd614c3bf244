import {Bug} from '../../spec/errors.ts';
import {root, runtime} from '../paths.ts';
import {type AttemptKey, attemptId, attemptOf} from './attempt-spec.ts';

/** A folder a workload, and in it one an attempt, by its number. */
export const workloadsFolder = `${root}/workloads`;

/** By address: the container that has it. */
export const addressesFolder = `${workloadsFolder}/.addresses`;

/** How attempts ended of which nothing else is left; see `kept-ends.ts`. */
export const endsFolder = `${workloadsFolder}/.ends`;

/**
 * What attempts of several coordinators reserve on a host, for each other: `OWNER/ID` holds thousandths of a processor and
 * bytes of memory. On tmpfs: after a reboot nothing runs. Attempts that reserve nothing stand nowhere.
 */
export const reservedFolder = `${runtime}/reserved`;

/** What stands in paths comes from a store, and is held against its form where it becomes one. */
export function workloadFolder(workload: string): string {
  if (!attemptOf(attemptId({workload, attempt: 1}))) throw new Bug(`"${workload}" is no workload's id`);
  return `${workloadsFolder}/${workload}`;
}

/** The highest attempt number that was begun on this host, and `closed` behind it once that is over. Outlives its attempts: a late start is still refused. */
export const fencePath = (workload: string): string => `${workloadFolder(workload)}/fence`;
/** Whose the workload is. */
export const ownerPath = (workload: string): string => `${workloadFolder(workload)}/owner`;
/** Held by whoever changes something of the workload here. */
export const lockPath = (workload: string): string => `${workloadFolder(workload)}/lock`;

export const attemptFolder = ({workload, attempt}: AttemptKey): string => `${workloadFolder(workload)}/${attempt}`;
export const manifestPath = (key: AttemptKey): string => `${attemptFolder(key)}/attempt.json`;
/** There once its container was told to run. */
export const startedPath = (key: AttemptKey): string => `${attemptFolder(key)}/started`;
/** Mounted as /niyanta/checkpoint; the job's own to write to. */
export const checkpointFolder = (key: AttemptKey): string => `${attemptFolder(key)}/checkpoint`;
/** Mounted as /niyanta/notice, read-only: the job must not choose what is written there. */
export const noticeFolder = (key: AttemptKey): string => `${attemptFolder(key)}/notice`;
/** Mounted as /niyanta/restore, read-only. */
export const restoreFolder = (key: AttemptKey): string => `${attemptFolder(key)}/restore`;
/** Input files, 1, 2, 3, …; mounted read-only. */
export const inputsFolder = (key: AttemptKey): string => `${attemptFolder(key)}/inputs`;
