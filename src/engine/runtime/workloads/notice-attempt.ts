import {quote, render} from '../../hosts/command.ts';
import type {HostScript} from '../containers/host-script.ts';
import {ctr} from '../ctr.ts';
import {noticeFolder} from './attempt-paths.ts';
import {type AttemptKey, attemptId} from './attempt-spec.ts';

/** Tells an attempt by a signal to write a checkpoint, and in a file until when (seconds since 1970, by the host's clock). */
export function noticeAttempt(key: AttemptKey, signal: string, deadlineMs: number): HostScript {
  const file = quote(`${noticeFolder(key)}/deadline`);
  const text = [
    'set -eu',
    `echo $(($(date +%s) + ${Math.ceil(deadlineMs / 1000)})) >${file}.new`,
    `mv -f ${file}.new ${file}`,
    render(ctr('tasks', 'kill', '--signal', signal, attemptId(key))),
    '',
  ].join('\n');
  return {what: `have ${attemptId(key)} write a checkpoint`, text};
}
