import {quote, render} from '../../hosts/command.ts';
import type {HostScript} from '../containers/host-script.ts';
import {bundlesFolder, ctr} from '../ctr.ts';
import {closingLines, lockedLines, removeAttempt, removeFunction} from './attempt-lines.ts';
import {type AttemptKey, attemptId} from './attempt-spec.ts';
import {keepingLines} from './kept-ends.ts';

export interface StopRule {
  readonly signal: string;
  readonly graceMs: number;
}

/** Ends what runs of an attempt (signal, grace, kill), for good, and removes nothing. Idempotent. */
export const stopAttempt = (key: AttemptKey, stop: StopRule): HostScript => ({
  what: `end ${attemptId(key)}`,
  text: [...lockedLines(key), 'set -eu', ...closingLines(key), ...stopLines(key, stop), ''].join('\n'),
});

/** The same, and removes all of it but its workload's fence, and how it ended if it did so by itself. Idempotent, also on a host that never heard of it. */
export const closeAttempt = (key: AttemptKey, stop: StopRule): HostScript => ({
  what: `remove ${attemptId(key)}`,
  text: [
    ...lockedLines(key),
    'set -eu',
    ...keepingLines(key),
    ...closingLines(key),
    removeFunction,
    ...stopLines(key, stop),
    removeAttempt(key),
    '',
  ].join('\n'),
});

function stopLines(key: AttemptKey, {signal, graceMs}: StopRule): readonly string[] {
  const id = attemptId(key);
  const kill = (name: string) => `${render(ctr('tasks', 'kill', '--signal', name, id))} 2>/dev/null || :`;
  // A process that has ended has no namespaces, even before anybody waited for it.
  const runs = '[ -e "/proc/$pid/ns/pid" ]';
  const wait = (ms: number) =>
    `i=0; while ${runs} && [ $i -lt ${Math.ceil(ms / 50)} ]; do sleep 0.05; i=$((i + 1)); done`;
  return [
    `pid=; { read -r pid <${quote(`${bundlesFolder}/${id}/init.pid`)}; } 2>/dev/null || :`,
    `if [ -n "$pid" ] && ${runs}; then`,
    ...(graceMs > 0 ? [`  ${kill(signal)}`, `  ${wait(graceMs)}`] : []),
    `  if ${runs}; then ${kill('SIGKILL')}; ${wait(5000)}; fi`,
    'fi',
  ];
}
