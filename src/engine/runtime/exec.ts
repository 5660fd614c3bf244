import {type Command, script} from '../hosts/command.ts';
import type {ContainerId} from './container-spec.ts';
import {namespace} from './ctr.ts';

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
const EXEC = `id=$1 name=$2-$$ limit=$3; shift 3
if [ "$limit" = 0 ]; then exec ctr --namespace ${namespace} tasks exec --exec-id "$name" "$@"; fi
timeout -k 1 "$limit" ctr --namespace ${namespace} tasks exec --exec-id "$name" "$@"
code=$?
if [ $code = 124 ]; then ctr --namespace ${namespace} tasks kill --exec-id "$name" --signal SIGKILL "$id" >/dev/null 2>&1; fi
exit $code`;

/** Runs a command in a container; its exit code is the command's. */
export function execCommand(id: ContainerId, command: readonly string[], options: ExecOptions): Command {
  const flags = [
    ...(options.terminal ? ['--tty'] : []),
    ...(options.user === undefined ? [] : ['--user', options.user]),
    ...(options.workdir === undefined ? [] : ['--cwd', options.workdir]),
  ];
  const seconds = options.timeoutMs === undefined ? '0' : String(Math.max(0.001, options.timeoutMs / 1000));
  return script(EXEC, id, options.name, seconds, ...flags, id, ...command);
}
