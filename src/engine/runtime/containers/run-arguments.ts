import {containerdCapabilities, defaultCapabilities} from '../../spec/default-capabilities.ts';
import {can} from '../capabilities.ts';
import type {ContainerSpec} from '../container-spec.ts';
import {hostnameOf} from '../names.ts';
import * as paths from '../paths.ts';
import {fileMounts} from './container-files.ts';
import {identityLabels, logUri, restartLabels, userLabels} from './labels.ts';

/** The descriptor on which `ctr` finds the environment, a `NAME=value` a line. */
export const environmentHandle = 9;

/** Every capability that Linux has (capabilities(7)); `ctr` knows no ALL. */
const everyCapability = [
  ...containerdCapabilities,
  'DAC_READ_SEARCH',
  'LINUX_IMMUTABLE',
  'NET_BROADCAST',
  'NET_ADMIN',
  'IPC_LOCK',
  'IPC_OWNER',
  'SYS_MODULE',
  'SYS_RAWIO',
  'SYS_PTRACE',
  'SYS_PACCT',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_NICE',
  'SYS_RESOURCE',
  'SYS_TIME',
  'SYS_TTY_CONFIG',
  'LEASE',
  'AUDIT_CONTROL',
  'MAC_OVERRIDE',
  'MAC_ADMIN',
  'SYSLOG',
  'WAKE_ALARM',
  'BLOCK_SUSPEND',
  'AUDIT_READ',
  'PERFMON',
  'BPF',
  'CHECKPOINT_RESTORE',
];

/**
 * The words after `ctr run --detach`, for containerd of this version. A command stands behind the image's entrypoint,
 * as people know it from Compose; `ctr` would put it in its place.
 */
export function runArguments(
  spec: ContainerSpec,
  {containerd, entrypoint}: {readonly containerd: string; readonly entrypoint: readonly string[]},
): readonly string[] {
  return [
    ...[...identityLabels(spec), ...restartLabels(spec), ...userLabels(spec)].flatMap(label => ['--label', label]),
    '--log-uri',
    logUri(spec),
    '--with-ns',
    `network:${paths.namespacePath(spec.id)}`,
    '--env-file',
    `/proc/self/fd/${environmentHandle}`,
    ...mounts(spec).flatMap(mount => ['--mount', mount]),
    ...(can(containerd, 'hostname') ? ['--hostname', hostnameOf(spec)] : []),
    ...(spec.user !== undefined ? ['--user', spec.user] : []),
    ...(spec.workdir !== undefined ? ['--cwd', spec.workdir] : []),
    ...(spec.readOnly ? ['--read-only'] : []),
    ...capabilityArguments(spec.capabilities),
    ...(spec.seccomp === 'default' ? ['--seccomp'] : []),
    ...(spec.noNewPrivileges ? [] : ['--allow-new-privs']),
    ...(spec.resources.cpu !== undefined ? ['--cpus', String(spec.resources.cpu)] : []),
    ...(spec.resources.memory !== undefined ? ['--memory-limit', String(spec.resources.memory)] : []),
    spec.image.name,
    spec.id,
    ...processWords(spec, entrypoint),
  ];
}

/** What runs instead of the image's own; nothing when neither entrypoint nor command was written. */
export function processWords(
  {entrypoint, command}: Pick<ContainerSpec, 'entrypoint' | 'command'>,
  ofImage: readonly string[],
): readonly string[] {
  if (entrypoint === undefined && command === undefined) return [];
  return [...(entrypoint ?? ofImage), ...(command ?? [])];
}

function mounts(spec: ContainerSpec): readonly string[] {
  return [
    bindMount(paths.hostsPath(spec.id), '/etc/hosts', true),
    bindMount(paths.hostnamePath(spec.id), '/etc/hostname', true),
    bindMount(paths.resolvPath(spec.id), '/etc/resolv.conf', true),
    ...(spec.secretFiles ?? []).map(({target}, index) =>
      bindMount(paths.mountedSecretPath(spec.id, index), target, true),
    ),
    ...spec.volumes.map(({source, target, readOnly}) => bindMount(source, target, readOnly)),
    ...fileMounts(spec).map(({source, target}) => bindMount(source, target, true)),
    ...spec.mounts.map(({source, target, readOnly}) => bindMount(source, target, readOnly)),
  ];
}

/** A folder or file of the host in a container, as `--mount` wants it. */
export const bindMount = (source: string, target: string, readOnly: boolean): string =>
  [`type=bind`, csv(`src=${source}`), csv(`dst=${target}`), `options=rbind:${readOnly ? 'ro' : 'rw'}`].join(',');

/** ctr reads a mount as one line of CSV (RFC 4180). */
const csv = (field: string): string => (/[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);

/** What is to be there beyond what containerd gives by itself, and what of that is not. `ctr` knows no ALL. */
export function capabilityArguments({add, drop}: ContainerSpec['capabilities']): readonly string[] {
  const named = (name: string) => name.toUpperCase().replace(/^CAP_/, '');
  const dropped = drop.map(named);
  const kept = dropped.includes('ALL') ? [] : defaultCapabilities.filter(name => !dropped.includes(name));
  const wanted = new Set([...kept, ...add.map(named).flatMap(name => (name === 'ALL' ? everyCapability : [name]))]);
  return [
    ...[...wanted].filter(name => !containerdCapabilities.includes(name)).flatMap(name => ['--cap-add', `CAP_${name}`]),
    ...containerdCapabilities.filter(name => !wanted.has(name)).flatMap(name => ['--cap-drop', `CAP_${name}`]),
  ];
}
