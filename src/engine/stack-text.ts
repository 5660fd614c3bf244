import {stringify} from 'yaml';
import type {Hook} from './spec/hooks.ts';
import {formatDuration, formatSize} from './spec/quantities.ts';
import type {HostMount, ImageSource, PublishedPort, Service, Stack, VolumeMount} from './spec/stack.ts';

/** What an image is pinned to, by its service; undefined where it is not pinned. */
export type DigestOf = (service: Service) => string | undefined;

/**
 * A stack in the words of its file, the same text for the same stack: services by name, what is left at nothing left
 * out, sizes and durations with units, secrets as `${secret:NAME}`.
 */
export function stackText({services, volumes, hooks = []}: Stack, digestOf: DigestOf): string {
  const sorted = [...services].sort((a, b) => (a.name < b.name ? -1 : 1));
  const document = {
    services: Object.fromEntries(sorted.map(service => [service.name, serviceTree(service, digestOf(service))])),
    hooks: Object.fromEntries(
      [...Map.groupBy(hooks, ({when}) => when)].map(([when, list]) => [when, list.map(hookTree)]),
    ),
    volumes: Object.fromEntries(volumes.map(({name}) => [name, {}] as const).sort()),
  };
  return stringify(filled(document) ?? {}, {lineWidth: 0, aliasDuplicateObjects: false});
}

/** A service in the words of its file. */
export function serviceTree(service: Service, digest: string | undefined): object {
  const {name: _, image, files, health, volumes, mounts, ports, resources, placement, stop, update, ...rest} = service;
  return {
    ...imageTree(image),
    digest,
    ...rest,
    health: health && {
      ...checkTree(health.check),
      interval: formatDuration(health.intervalMs),
      timeout: formatDuration(health.timeoutMs),
      retries: health.retries,
      startPeriod: formatDuration(health.startPeriodMs),
    },
    volumes: volumes.map(volumeText),
    files: files && Object.fromEntries(files.map(({target, ...file}) => [target, file])),
    mounts: mounts.map(mountText),
    ports: ports.map(portText),
    resources: {cpu: resources.cpu, memory: resources.memory === undefined ? undefined : formatSize(resources.memory)},
    update,
    placement,
    stop: {signal: stop.signal, grace: formatDuration(stop.graceMs)},
  };
}

const hookTree = ({when: _, timeoutMs, ...hook}: Hook): object => ({...hook, timeout: formatDuration(timeoutMs)});

function imageTree(image: ImageSource): object {
  switch (image.kind) {
    case 'reference':
      return {image: image.reference};
    case 'archive':
      return {archive: image.path};
    case 'build': {
      const {kind: _, ...build} = image;
      return {build};
    }
  }
}

function checkTree(check: NonNullable<Service['health']>['check']): object {
  if (check.kind === 'exec') return {exec: check.command};
  const {kind, ...rest} = check;
  return {[kind]: rest};
}

const volumeText = ({volume, target, readOnly}: VolumeMount): string => `${volume}:${target}${readOnly ? ':ro' : ''}`;

const mountText = ({source, target, readOnly}: HostMount): string => `${source}:${target}${readOnly ? ':ro' : ''}`;

const portText = ({address, host, container, protocol}: PublishedPort): string =>
  `${address === undefined ? '' : `${address}:`}${host}:${container}${protocol === 'udp' ? '/udp' : ''}`;

/** Without what says nothing: undefined, empty lists and maps. */
function filled(value: unknown): unknown {
  if (Array.isArray(value)) return value.length > 0 ? value.map(one => filled(one) ?? {}) : undefined;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).flatMap(([name, inner]) => {
    const kept = filled(inner);
    return kept === undefined ? [] : [[name, kept] as const];
  });
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}
