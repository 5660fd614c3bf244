import {dirname} from 'node:path/posix';
import {can} from '../capabilities.ts';
import {logUri} from '../containers/labels.ts';
import {bindMount, capabilityArguments, environmentHandle, processWords} from '../containers/run-arguments.ts';
import {namespacePath} from '../paths.ts';
import {attemptFolder, checkpointFolder, inputsFolder, noticeFolder, restoreFolder} from './attempt-paths.ts';
import {type AttemptSpec, attemptId} from './attempt-spec.ts';
import {contract} from './contract.ts';

/**
 * The words after `ctr run --detach`, for containerd of this version. No label of the restart monitor and none of a
 * service: a job runs once, and belongs to no environment.
 */
export function jobArguments(
  spec: AttemptSpec,
  {containerd, entrypoint}: {readonly containerd: string; readonly entrypoint: readonly string[]},
): readonly string[] {
  const {resources} = spec;
  return [
    ...labels(spec).flatMap(label => ['--label', label]),
    '--log-uri',
    logUri({}),
    '--with-ns',
    `network:${namespacePath(attemptId(spec))}`,
    '--env-file',
    `/proc/self/fd/${environmentHandle}`,
    ...mounts(spec).flatMap(mount => ['--mount', mount]),
    ...(can(containerd, 'hostname') ? ['--hostname', hostname(spec)] : []),
    ...(spec.user !== undefined ? ['--user', spec.user] : []),
    ...(spec.workdir !== undefined ? ['--cwd', spec.workdir] : []),
    ...(spec.readOnly ? ['--read-only'] : []),
    ...capabilityArguments(spec.capabilities),
    '--seccomp',
    ...(resources.cpu !== undefined ? ['--cpus', String(resources.cpu)] : []),
    ...(resources.memory !== undefined ? ['--memory-limit', String(resources.memory)] : []),
    spec.image.name,
    attemptId(spec),
    ...processWords(spec, entrypoint),
  ];
}

const labels = ({workload, attempt, customer, name}: AttemptSpec): readonly string[] => [
  `niyanta.workload=${workload}`,
  `niyanta.attempt=${attempt}`,
  `niyanta.customer=${customer}`,
  `niyanta.name=${name}`,
];

/** The workload's name, as far as a host may be called so (at most 63 of a-z, 0-9 and -). */
export const hostname = ({name}: Pick<AttemptSpec, 'name'>): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '') || 'job';

const mounts = (spec: AttemptSpec): readonly string[] => [
  ...['hosts', 'hostname', 'resolv.conf'].map(name =>
    bindMount(`${attemptFolder(spec)}/${name}`, `/etc/${name}`, true),
  ),
  bindMount(checkpointFolder(spec), contract.checkpointDir, false),
  bindMount(noticeFolder(spec), dirname(contract.deadline), true),
  ...(spec.restored ? [bindMount(restoreFolder(spec), contract.restoreFrom, true)] : []),
  ...spec.inputs.map((target, index) => bindMount(`${inputsFolder(spec)}/${index + 1}`, target, true)),
  ...spec.mounts.map(({source, target, readOnly}) => bindMount(source, target, readOnly)),
];
