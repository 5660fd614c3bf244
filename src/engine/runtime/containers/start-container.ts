import {quote, render} from '../../hosts/command.ts';
import type {ContainerSpec} from '../container-spec.ts';
import {ctr} from '../ctr.ts';
import * as paths from '../paths.ts';
import {endShim} from './end-shim.ts';
import type {HostScript} from './host-script.ts';
import {keepRunning, logUri, restartLabels} from './labels.ts';
import {restoreSecrets} from './secret-files.ts';

/** Starts a container that exists and is stopped; one that runs is left alone, but kept running from now on. Idempotent. */
export function startContainer(spec: Pick<ContainerSpec, 'id' | 'restart' | 'logs'>): HostScript {
  const {id} = spec;
  const start = render(ctr('tasks', 'start', '--detach', '--log-uri', logUri(spec), id));
  const labels = [...restartLabels(spec), ...keepRunning(spec)];
  const text = [
    'set -eu',
    restoreSecrets(id),
    `${quote(`${paths.toolkit}/network`)} up ${quote(id)}`,
    `state=$(${render(ctr('tasks', 'ls'))} | awk -v id=${quote(id)} '$1 == id {print $3}')`,
    `if [ "$state" = PAUSED ]; then ${render(ctr('tasks', 'resume', id))}; state=RUNNING; fi`,
    'if [ "$state" != RUNNING ]; then',
    `  if [ -n "$state" ]; then ${render(ctr('tasks', 'rm', '--force', id))} >/dev/null 2>&1 || :; fi`,
    `  rm -f ${quote(paths.startsPath(id))} ${quote(paths.endsPath(id))}`,
    `  start() { ${start} 2>&1; }`,
    '  if ! said=$(start); then',
    '    case $said in',
    // Of one that crashed, the monitor may have been a moment faster; then it runs, which is what is asked for.
    '      *"already exists"*) ;;',
    '      *"file exists"*)',
    ...endShim(quote(id)),
    '        if ! said=$(start); then printf "%s\\n" "$said" >&2; exit 1; fi ;;',
    '      *) printf "%s\\n" "$said" >&2; exit 1 ;;',
    '    esac',
    '  fi',
    'fi',
    ...(labels.length > 0 ? [`${render(ctr('containers', 'label', id, ...labels))} >/dev/null`] : []),
    '',
  ].join('\n');
  return {what: `start ${id}`, text};
}
