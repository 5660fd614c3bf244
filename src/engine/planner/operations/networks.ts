import type {HostNetwork, NetworkPeer, ObservedNetwork} from '../../runtime/host-network.ts';
import type {HostName, Service} from '../../spec/stack.ts';
import {canonical} from '../canonical.ts';
import type {HostNetworks} from '../host-networks.ts';
import type {Change, OperationId} from '../plan.ts';
import type {ReplicaSteps} from './container-operations.ts';
import type {Draft, OperationGraph} from './graph.ts';
import {hostId} from './preparations.ts';

/** Networks as they are to be while containers come and go; before them. */
export function joinNetworks(graph: OperationGraph, {found, meanwhile}: HostNetworks): void {
  for (const [host, network] of [...meanwhile].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const seen = found.get(host);
    const before = seen && plain(seen);
    const wrong = seen
      ? [...seen.wrong, ...(graph.get(hostId(host)) ? ['made by scripts of another version'] : [])]
      : [];
    if (before && wrong.length === 0 && canonical(before) === canonical(network)) continue;
    graph.add({
      id: networkId(host),
      kind: 'network',
      action: before ? 'update' : 'create',
      host,
      reason: [...reasons(before, network), ...wrong].join('; '),
      changes: before ? changesBetween(before, network) : [],
      bridge: network.bridge,
      network,
      ...(before ? {before} : {}),
    });
    graph.wait(networkId(host), hostId(host));
  }
}

/** Who is not there any more is forgotten, after all else. */
export function leaveNetworks(graph: OperationGraph, {found, meanwhile, afterwards}: HostNetworks): void {
  const others = graph.ids();
  for (const host of [...new Set([...found.keys(), ...meanwhile.keys()])].sort()) {
    const network = afterwards.get(host);
    const seen = found.get(host);
    const before = meanwhile.get(host) ?? (seen && plain(seen));
    if (!before || (network && canonical(before) === canonical(network))) continue;
    const draft = network
      ? {
          action: 'update' as const,
          reason: reasons(before, network).join('; '),
          changes: changesBetween(before, network),
          network,
        }
      : {action: 'delete' as const, reason: 'no container of this environment is left here', changes: []};
    const id = `${networkId(host)}:leave`;
    graph.add({id, kind: 'network', host, bridge: before.bridge, before, ...draft} as Draft);
    graph.wait(id, hostId(host));
    graph.prefer(id, others);
  }
}

/** A container waits for its host's network, and for those of all hosts when it needs others. */
export function awaitNetworks(
  graph: OperationGraph,
  networks: HostNetworks,
  services: ReadonlyMap<string, Service>,
  steps: readonly ReplicaSteps[],
): void {
  // Whoever others let in is known to them before it starts.
  const guarded = [...networks.meanwhile.values()].some(({policies}) => policies !== undefined);
  for (const {main} of steps) {
    if (!main?.spec || main.how === 'manifest') continue;
    const needy = guarded || (services.get(main.service!)?.needs.length ?? 0) > 0;
    for (const host of networks.meanwhile.keys()) {
      if (host === main.host || needy) graph.wait(main.id, networkId(host));
    }
  }
}

export const networkId = (host: HostName): OperationId => `network:${host}`;

const plain = ({wrong: _, pending: __, ...network}: ObservedNetwork): HostNetwork => network;

function reasons(before: HostNetwork | undefined, now: HostNetwork): readonly string[] {
  const had = before?.overlay?.peers ?? [];
  const has = now.overlay?.peers ?? [];
  const names = (peers: readonly NetworkPeer[]) => peers.map(({host}) => host).join(', ');
  const came = has.filter(peer => !had.some(({host}) => host === peer.host));
  const went = had.filter(peer => !has.some(({host}) => host === peer.host));
  const changed = has.filter(peer => had.some(one => one.host === peer.host && canonical(one) !== canonical(peer)));
  if (!before) return [now.overlay ? 'joins its containers with those on other hosts' : 'keeps others out'];
  return [
    ...(came.length > 0 ? [`${names(came)} ${came.length > 1 ? 'join' : 'joins'}`] : []),
    ...(went.length > 0 ? [`${names(went)} ${went.length > 1 ? 'leave' : 'leaves'}`] : []),
    ...(changed.length > 0 ? [`address of ${names(changed)} changed`] : []),
    ...(before.overlay && now.overlay && before.overlay.address !== now.overlay.address ? ['its address changed'] : []),
    ...(before.proxy === now.proxy
      ? []
      : [now.proxy ? 'its proxy asks containers' : 'no proxy asks containers from here']),
    ...(before.mtu === now.mtu ? [] : [`packets may have ${now.mtu} bytes`]),
    ...(before.subnet === now.subnet ? [] : ['its subnet changed']),
    ...guardedServices(before, now),
  ];
}

function changesBetween(before: HostNetwork, now: HostNetwork): readonly Change[] {
  const [from, to] = [fields(before), fields(now)];
  return [...new Set([...Object.keys(from), ...Object.keys(to)])]
    .filter(path => from[path] !== to[path])
    .sort()
    .map(path => ({path, from: from[path], to: to[path], forces: false}));
}

function guardedServices(before: HostNetwork, now: HostNetwork): readonly string[] {
  const of = ({policies = []}: HostNetwork) => new Map(policies.map(one => [one.service, canonical(one)]));
  const [had, has] = [of(before), of(now)];
  const changed = [...new Set([...had.keys(), ...has.keys()])].filter(name => had.get(name) !== has.get(name)).sort();
  return changed.length > 0 ? [`who may talk to ${changed.join(', ')} changes`] : [];
}

const fields = ({
  subnet,
  mtu,
  overlay,
  policies,
}: HostNetwork): Readonly<Record<string, string | number | undefined>> => ({
  subnet,
  mtu,
  ...(overlay ? {address: overlay.address} : {}),
  ...Object.fromEntries(overlay?.peers.map(peer => [`peers.${peer.host}`, `${peer.subnet}@${peer.address}`]) ?? []),
  ...Object.fromEntries(
    policies?.flatMap(({service, from, egress}) => [
      ...(from ? [[`network.${service}.from`, from.join(' ')]] : []),
      ...(egress === 'none' ? [[`network.${service}.egress`, egress]] : []),
    ]) ?? [],
  ),
});
