import {OutsideError} from '../spec/errors.ts';
import {type Command, shown} from './command.ts';
import type {Connection, Output, RunOptions} from './connection.ts';

/**
 * Runs a command that has to succeed. Errors: OutsideError `disk-full`, else `command-failed`, with the host, the
 * command (never its input), its exit code and last lines.
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
  const full = /no space left on device/i.test(output.stderr);
  return new OutsideError({
    code: full ? 'disk-full' : 'command-failed',
    message: full
      ? `${host}: could not ${what}: the disk is full`
      : `${host}: could not ${what}: ${output.stderr.trim().split('\n').at(-1) || `exit code ${output.code}`}`,
    hint: full ? `Make room on ${host}: see niyanta host inspect ${host}` : `Look at the host: niyanta doctor`,
    host,
    command: shown(command),
    exitCode: output.code,
    lastLines,
  });
}
