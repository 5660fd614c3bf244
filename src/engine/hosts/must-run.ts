import {OutsideError} from '../spec/errors.ts';
import {type Command, shown} from './command.ts';
import type {Connection, Output, RunOptions} from './connection.ts';

/**
 * Runs a command that has to succeed. Errors: OutsideError `disk-full`; `containerd-silent` (transient: it may be
 * restarting); else `command-failed`, with the host, the command (never its input), its exit code and last lines.
 */
export async function mustRun(
  connection: Connection,
  command: Command,
  {what, ...options}: RunOptions & {/** What could not be done: `start backend 2`. */ readonly what: string},
): Promise<Output> {
  const output = await connection.run(command, options);
  if (output.code === 0) return output;
  throw commandFailed(connection.host, what, command, output);
}

/** What a command that failed says, as an error. */
export function commandFailed(host: string, what: string, command: Command, output: Output): OutsideError {
  const lastLines = `${output.stdout}\n${output.stderr}`.split('\n').filter(Boolean).slice(-10);
  const {code, because, hint, transient} = reasonOf(host, output);
  return new OutsideError({
    code,
    message: `${host}: could not ${what}: ${because}`,
    hint,
    host,
    command: shown(command),
    exitCode: output.code,
    lastLines,
    transient,
  });
}

/** How `ctr` says that containerd does not answer, or went while it did (gRPC's UNAVAILABLE). */
const noContainerd =
  /containerd\.sock.*(refused|no such file|reset|deadline)|code = Unavailable|: unavailable$|error reading from server|transport is closing/im;

function reasonOf(host: string, {code, stderr}: Output) {
  if (/no space left on device/i.test(stderr)) {
    const hint = `Make room on ${host}: see niyanta host inspect ${host}`;
    return {code: 'disk-full', because: 'the disk is full', hint, transient: false};
  }
  if (noContainerd.test(stderr)) {
    const hint = `See what containerd says on ${host}: journalctl -u containerd`;
    return {code: 'containerd-silent', because: 'containerd does not answer', hint, transient: true};
  }
  const because = stderr.trim().split('\n').at(-1) || `exit code ${code}`;
  return {code: 'command-failed', because, hint: 'Look at the host: niyanta doctor', transient: false};
}
