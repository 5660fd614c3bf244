import type {Translation} from '../deviations/forwarding.ts';
import type {Device} from '../deviations/links.ts';
import type {ObservedContainer} from '../observed.ts';
import {idForm, type Leftover} from './leftover.ts';

/** What a probe found on a host, as far as leftovers show in it. */
export interface Traces {
  readonly containers: readonly ObservedContainer[];
  readonly files: readonly Leftover[];
  readonly devices: readonly Device[];
  readonly translation?: Translation;
  /** Keys of containerd's snapshots, when they were asked for. */
  readonly snapshots: readonly string[];
  /** Bridges that networks across hosts have. */
  readonly overlays: readonly string[];
}

const bridgeForm = /^ny[0-9a-f]{8}$/;

/** Everything of niyanta's on the host that nothing owns. */
export function findLeftovers({containers, files, devices, translation, ...rest}: Traces): readonly Leftover[] {
  const known = new Set(containers.map(({id}) => id));
  const used = new Set(containers.flatMap(({manifest}) => manifest?.spec.network.bridge ?? []).concat(rest.overlays));
  const ruled = Map.groupBy(
    [...(translation?.masqueraded ?? [])].map(line => line.split(' ')),
    ([bridge]) => bridge!,
  );
  const empty = devices.filter(({name}) => bridgeForm.test(name) && !devices.some(({bridge}) => bridge === name));
  const bridges = [...new Set([...empty.map(({name}) => name), ...ruled.keys()])].filter(
    name => !used.has(name) && !devices.some(({bridge}) => bridge === name),
  );
  const ports = [...(translation?.chains ?? [])].filter(([id]) => !known.has(id));
  const filed = new Set(files.flatMap(leftover => (leftover.kind === 'files' ? [leftover.id] : [])));
  const namespaces = devices.flatMap(({bridge, namespace: id}): Leftover[] => {
    if (id === undefined || bridge === undefined || known.has(id) || filed.has(id)) return [];
    return idForm.test(id) && bridgeForm.test(bridge) ? [{kind: 'namespace', id, bridge}] : [];
  });
  const snapshots = rest.snapshots.filter(key => idForm.test(key) && !known.has(key));
  return [
    ...files,
    ...bridges.sort().map(
      (bridge): Leftover => ({
        kind: 'bridge',
        bridge,
        subnets: (ruled.get(bridge) ?? []).map(([, subnet]) => subnet!),
      }),
    ),
    ...ports.map(([id, {bridge, chains}]): Leftover => ({kind: 'ports', id, bridge, chains})),
    ...namespaces,
    ...snapshots.map((id): Leftover => ({kind: 'snapshot', id})),
  ];
}
