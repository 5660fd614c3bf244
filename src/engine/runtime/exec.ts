import {type Command, script} from '../hosts/command.ts';
import type {ContainerId} from './container-spec.ts';
import {bundlesFolder, namespace} from './ctr.ts';
import * as paths from './paths.ts';

export interface ExecOptions {
  /** Told apart from other execs in the container by this, a random end and the process's number. */
  readonly name: string;
  readonly terminal?: boolean;
  readonly user?: string;
  readonly workdir?: string;
  /** Milliseconds; the command is killed then, and the exit code is 124, as timeout(1) says. */
  readonly timeoutMs?: number;
}

// ctr leaves an exec behind when it is killed, so what is given up is killed in the container as well.
const EXEC_IN_TIME = `id=$1 name=$2-$$ limit=$3; shift 3
timeout -k 1 "$limit" ctr --namespace ${namespace} tasks exec --exec-id "$name" "$@"
code=$?
if [ $code = 124 ]; then ctr --namespace ${namespace} tasks kill --exec-id "$name" --signal SIGKILL "$id" >/dev/null 2>&1; fi
exit $code`;

const EXEC_ON_TERMINAL = `name=$2-$$; shift 2
exec ctr --namespace ${namespace} tasks exec --exec-id "$name" "$@"`;

// ctr loses an end of input that comes before the process has started, and the process would wait for it for ever. So
// the end is held back until the shim has written the process's number, and opened its input right after.
const EXEC = `id=$1 name=$2-$$; shift 2
pid=${bundlesFolder}/$id/$name.pid
mkdir -p ${paths.runtime} && mkfifo -m 600 "${paths.runtime}/$name" || exit 125
exec 3<&0
{ cat <&3
  i=0; while [ $i -lt 200 ] && [ ! -s "$pid" ]; do sleep 0.05; i=$((i + 1)); done
  sleep 0.1
} >"${paths.runtime}/$name" 2>/dev/null &
exec 4<"${paths.runtime}/$name"
rm -f "${paths.runtime}/$name"
ctr --namespace ${namespace} tasks exec --exec-id "$name" "$@" <&4 3<&- 4<&-
code=$?
kill $! 2>/dev/null
exit $code`;

/** Runs a command in a container; its exit code is the command's. */
export function execCommand(id: ContainerId, command: readonly string[], options: ExecOptions): Command {
  const flags = [
    ...(options.terminal ? ['--tty'] : []),
    ...(options.user === undefined ? [] : ['--user', options.user]),
    ...(options.workdir === undefined ? [] : ['--cwd', options.workdir]),
  ];
  const words = [...flags, id, ...command];
  if (options.terminal) return script(EXEC_ON_TERMINAL, id, options.name, ...words);
  if (options.timeoutMs === undefined) return script(EXEC, id, options.name, ...words);
  const seconds = String(Math.max(0.001, options.timeoutMs / 1000));
  return script(EXEC_IN_TIME, id, options.name, seconds, ...words);
}
