import type {ReachableHost} from '../../runtime/observed.ts';
import type {HostName, Service} from '../../spec/stack.ts';
import {resolvedImage} from '../desired-spec.ts';
import {scopeOf} from '../ownership.ts';
import type {PlanInput} from '../plan-input.ts';
import type {Sorted} from '../reconcile.ts';
import type {ContainerDraft} from './container-operations.ts';
import type {OperationGraph} from './graph.ts';

/** niyanta's own scripts on every host that has, or gets, containers of this environment. */
export function addToolkits(
  graph: OperationGraph,
  input: PlanInput,
  hosts: readonly ReachableHost[],
  used: ReadonlySet<HostName>,
) {
  for (const {host, toolkit} of hosts) {
    if (!used.has(host) || toolkit === input.toolkit) continue;
    graph.add({
      id: hostId(host),
      kind: 'host',
      action: toolkit === undefined ? 'create' : 'update',
      host,
      reason:
        toolkit === undefined ? "niyanta's scripts are not installed" : "niyanta's scripts are of another version",
      changes: [],
    });
  }
}

/** Images that the host lacks, before the containers that run them. */
export function addImage(
  graph: OperationGraph,
  input: PlanInput,
  service: Service,
  host: ReachableHost,
): string | undefined {
  const image = resolvedImage(input, service);
  const {pinned} = image;
  if (pinned && host.images.some(({name, digest}) => name === pinned.name && digest === pinned.digest))
    return undefined;
  const id = `image:${host.host}:${image.label}`;
  if (graph.get(id)) return id;
  graph.add({
    id,
    kind: 'image',
    action: 'create',
    service: service.name,
    host: host.host,
    reason: pinned ? 'not on this host' : 'not resolved yet',
    changes: [],
    bytes: image.bytes?.[host.host],
    source: image.source,
    label: image.label,
    pinned,
  });
  graph.wait(id, hostId(host.host));
  return id;
}

/** Folders of named volumes that the host lacks. */
export function addVolumes(
  graph: OperationGraph,
  input: PlanInput,
  spec: NonNullable<ContainerDraft['spec']>,
  host: ReachableHost,
): readonly string[] {
  const scope = scopeOf(input);
  return spec.volumes.flatMap(({volume, source}) => {
    if (host.volumes.includes(input.naming.volumeFolder(scope, volume))) return [];
    const id = `volume:${host.host}:${volume}`;
    if (!graph.get(id)) {
      graph.add({
        id,
        kind: 'volume',
        action: 'create',
        host: host.host,
        reason: `${spec.service} keeps data in it`,
        changes: [],
        volume,
        path: source,
      });
      graph.wait(id, hostId(host.host));
    }
    return [id];
  });
}

export const hostId = (host: HostName): string => `host:${host}`;

/** Hosts that have, or get, something of this environment. */
export const hostsUsed = (sorted: readonly Sorted[]): ReadonlySet<HostName> =>
  new Set(
    sorted.flatMap(({host, replica, bucket}) => {
      if (bucket === 'lost') return [];
      const there = [replica.current, ...replica.extras].flatMap(own => (own ? [own.host] : []));
      return host === undefined ? there : [host, ...there];
    }),
  );
