import {type Command, script} from '../hosts/command.ts';
import type {ContainerId} from './container-spec.ts';
import {namespace} from './ctr.ts';
import * as paths from './paths.ts';

/** How a container's task ended. */
export interface TaskEnd {
  /** RFC 3339; absent of one that is asked for right then. */
  readonly at?: string;
  /** Absent when containerd could not tell any more. */
  readonly code?: number;
  /** Processes in it that the kernel killed for want of memory. */
  readonly oomKills: number;
}

/**
 * A shell function: prints `ID CODE KILLED` of a task that has ended and is still there; KILLED are the processes that
 * the kernel killed for memory, from its cgroup. containerd does not tell without deleting the task; its shim does
 * (tried on 1.6.20, 1.7.24 and 2.1.9; 0 is left out of the answer).
 */
export const exitCodeFunction = `exit_code() {
  timeout 5 ctr --namespace ${namespace} shim --id "$1" state 2>/dev/null |
    awk -v id="$1" '/"status": 3/ {ended = 1} /"exit_status"/ {code = $2 + 0} END {if (ended) print id, code + 0}' |
    while read -r ended; do echo "$ended $(cat /sys/fs/cgroup/memory/${namespace}/"$1"/memory.oom_control /sys/fs/cgroup/${namespace}/"$1"/memory.events 2>/dev/null | awk '$1 == "oom_kill" {n = $2} END {print n + 0}')"; done
}`;

/** How one container's task ended: what stands ended, and the record that the logger keeps; see `parseTaskEnd`. */
export const taskEndOf = (id: ContainerId): Command =>
  script(
    `${exitCodeFunction}; exit_code "$1"; [ ! -e ${paths.logsFolder}/"$1".ends ] || tail -n 1 ${paths.logsFolder}/"$1".ends | sed 's/^/ended /'`,
    id,
  );

/** What stands ended now, and else the last end that is on record. */
export function parseTaskEnd(stdout: string, id: ContainerId): {readonly now?: TaskEnd; readonly last?: TaskEnd} {
  const line = stdout.split('\n').find(one => one.startsWith('ended '));
  const now = parseExits(stdout).get(id);
  const last = line === undefined ? undefined : parseEnd(line.slice('ended '.length));
  return {...(now && {now}), ...(last && {last})};
}

/** By container, from lines `ID CODE KILLED` of what stands ended. */
export const parseExits = (stdout: string): ReadonlyMap<ContainerId, TaskEnd & {readonly code: number}> =>
  new Map(
    stdout.split('\n').flatMap(line => {
      const [, id, code, killed = '0'] = /^(\S+) (\d+)(?: (\d+))?$/.exec(line) ?? [];
      return id === undefined || id === 'ended' ? [] : [[id, {code: Number(code), oomKills: Number(killed)}] as const];
    }),
  );

/** A line `EPOCH CODE KILLED` of the logger's record; undefined for anything else. */
export function parseEnd(line: string): TaskEnd | undefined {
  const [, at, code, killed] = /^(\d{1,11}) (\d+|-) (\d+)$/.exec(line.trim()) ?? [];
  if (at === undefined) return undefined;
  const known = code === '-' ? {} : {code: Number(code)};
  return {at: new Date(Number(at) * 1000).toISOString(), ...known, oomKills: Number(killed)};
}
