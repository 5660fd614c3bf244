import {argv, type Command, quote, script} from '../../hosts/command.ts';
import type {Probe} from '../../hosts/probe.ts';
import {lockingFenceLines} from './attempt-lines.ts';
import {attemptFolder, startedPath} from './attempt-paths.ts';
import type {AttemptKey, OwnedAttempt} from './attempt-spec.ts';

/** What an attempt is sent before it starts. */
export type Sent = 'inputs' | 'restore';

/**
 * Unpacks a tar stream into a folder of an attempt, whole or not at all; nothing once the attempt was started. Refused and
 * fenced as a start is.
 */
export function receiveFiles(key: OwnedAttempt, what: Sent): Command {
  const folder = quote(`${attemptFolder(key)}/${what}`);
  const text = [
    'set -eu',
    ...lockingFenceLines(key),
    `if [ -e ${quote(startedPath(key))} ]; then exec cat >/dev/null; fi`,
    `rm -rf ${folder} ${folder}.new`,
    `mkdir -p ${folder}.new`,
    `tar -x -p --numeric-owner --no-overwrite-dir -C ${folder}.new -f -`,
    `mv ${folder}.new ${folder}`,
  ].join('\n');
  return argv('sh', '-c', text);
}

/** Whether an attempt was started on the host; then nothing needs to be brought for it any more. */
export const wasStarted = (key: AttemptKey): Probe<boolean> => ({
  command: script('if [ -e "$1" ]; then echo started; fi', startedPath(key)),
  parse: stdout => stdout.trim() === 'started',
});
