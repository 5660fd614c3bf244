import {quote, render} from '../../hosts/command.ts';
import type {ContainerId} from '../container-spec.ts';
import {ctr} from '../ctr.ts';
import * as paths from '../paths.ts';
import type {HostScript} from './host-script.ts';
import {labelLines} from './label-lines.ts';
import {noRestart} from './labels.ts';

/**
 * Stops a container so that it stays stopped: the restart monitor is told first (a kill alone is undone by it), then
 * the signal, the grace, KILL. Its published ports are free afterwards; its address stays its own. Idempotent.
 */
export function stopContainer(id: ContainerId, stop: {readonly signal: string; readonly graceMs: number}): HostScript {
  const twentieths = Math.max(1, Math.ceil(stop.graceMs / 50));
  const unpublish = `${quote(`${paths.toolkit}/network`)} unpublish ${quote(id)}`;
  const text = [
    'set -u',
    ...labelLines(id, noRestart),
    `if [ -z "$there" ]; then ${unpublish}; exit; fi`,
    `pid=$(${render(ctr('tasks', 'ls'))} | awk -v id=${quote(id)} '$1 == id && $3 == "RUNNING" {print $2}')`,
    'if [ -n "$pid" ]; then',
    `  ${render(ctr('tasks', 'kill', '--signal', stop.signal, id))} 2>/dev/null`,
    `  i=0; while [ -d "/proc/$pid" ] && [ $i -lt ${twentieths} ]; do sleep 0.05; i=$((i + 1)); done`,
    `  if [ -d "/proc/$pid" ]; then ${render(ctr('tasks', 'kill', '--signal', 'SIGKILL', id))} 2>/dev/null; fi`,
    'fi',
    `${render(ctr('tasks', 'rm', '--force', id))} >/dev/null 2>&1`,
    `left=$(${render(ctr('tasks', 'ls', '--quiet'))}) || exit 1`,
    `if printf '%s\\n' "$left" | grep -qxF ${quote(id)}; then`,
    '  echo "its task could not be ended" >&2; exit 1',
    'fi',
    unpublish,
    '',
  ].join('\n');
  return {what: `stop ${id}`, text};
}
