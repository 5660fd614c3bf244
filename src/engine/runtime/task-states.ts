import {type Command, script} from '../hosts/command.ts';
import type {ContainerId} from './container-spec.ts';
import {bundlesFolder} from './ctr.ts';
import * as paths from './paths.ts';

/** What a container does right now. */
export interface TaskState {
  readonly running: boolean;
  /** How often its task was started. */
  readonly starts: number;
}

/**
 * Every task of a host, and how often each was started. Asked many times while containers start, so without `ctr`: a
 * task runs as long as its process has namespaces, which one that has ended has not, even before anybody waited for it.
 */
export const taskStatesScript = `cd ${bundlesFolder} 2>/dev/null && for id in *; do
  pid=
  read -r pid 2>/dev/null <"$id/init.pid" || [ -n "$pid" ] || continue
  if [ -e "/proc/$pid/ns/pid" ]; then echo "$id $pid RUNNING"; fi
done
cd ${paths.logsFolder} 2>/dev/null && awk '{n[FILENAME]++} END {for (f in n) print "starts", f, n[f]}' ./*.starts 2>/dev/null; :`;

/** See `taskStatesScript`. */
export const taskStates: Command = script(taskStatesScript);

/** By container id; a container that is not there has no task. */
export function parseTaskStates(stdout: string): ReadonlyMap<ContainerId, TaskState> {
  const rows = stdout.split('\n').map(line => line.split(/\s+/));
  const starts = new Map(
    rows.flatMap(([word, file, count]) =>
      word === 'starts' && file ? [[file.slice(2, -'.starts'.length), Number(count)] as const] : [],
    ),
  );
  const running = new Map(rows.flatMap(([id, , status]) => (id && status === 'RUNNING' ? [[id, true] as const] : [])));
  return new Map(
    [...new Set([...starts.keys(), ...running.keys()])].map(id => [
      id,
      {running: running.has(id), starts: starts.get(id) ?? 0},
    ]),
  );
}
