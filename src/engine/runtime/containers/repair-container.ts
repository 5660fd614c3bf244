import {quote, render} from '../../hosts/command.ts';
import type {ContainerSpec} from '../container-spec.ts';
import {ctr} from '../ctr.ts';
import type {Aspect} from '../deviations/deviation.ts';
import {limitLines} from '../deviations/limits.ts';
import * as paths from '../paths.ts';
import type {HostScript} from './host-script.ts';
import {identityLabels, keepRunning, restartLabels, userLabels} from './labels.ts';

/** Puts right, while a container runs, what someone changed about it. Idempotent; fails when it does not run any more. */
export function repairContainer(spec: ContainerSpec, aspects: readonly Aspect[]): HostScript {
  const id = quote(spec.id);
  const network = quote(`${paths.toolkit}/network`);
  const labels = [...identityLabels(spec), ...userLabels(spec), ...restartLabels(spec), ...keepRunning(spec)];
  const has = (aspect: Aspect) => aspects.includes(aspect);
  const text = [
    'set -eu',
    `pid=$(${render(ctr('tasks', 'ls'))} | awk -v id=${id} '$1 == id && $3 == "RUNNING" {print $2}')`,
    'if [ -z "$pid" ]; then echo "it does not run any more: plan again" >&2; exit 1; fi',
    ...(has('name') ? [`${network} name ${id} "$pid"`] : []),
    ...(has('link') ? [`${network} rejoin ${id}`] : []),
    ...(has('rules') ? [`${network} rules ${id}`] : []),
    ...(has('limits') ? limitLines(spec.id, spec.resources) : []),
    ...(has('labels') ? [`${render(ctr('containers', 'label', spec.id, ...labels))} >/dev/null`] : []),
    '',
  ].join('\n');
  return {what: `repair ${spec.service} ${spec.replica}`, text};
}
