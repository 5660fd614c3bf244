import {needsOrder} from '../scheduler/needs-order.ts';
import {fingerprint} from './fingerprint.ts';
import {ownNetworks} from './host-networks.ts';
import {nothingPlaced} from './nothing-placed.ts';
import {addBackupsBeforeDestroy} from './operations/backups.ts';
import {removal} from './operations/container-operations.ts';
import {OperationGraph} from './operations/graph.ts';
import {networkId} from './operations/networks.ts';
import {hostId} from './operations/preparations.ts';
import {leaveProxy, routeOperationId} from './operations/proxies.ts';
import {addSweeps} from './operations/sweep.ts';
import {compareReplicas, type Own, ownContainers, scopeOf} from './ownership.ts';
import type {Plan} from './plan.ts';
import type {PlanInput} from './plan-input.ts';
import {refuseUnreachable} from './situation.ts';
import {summarise} from './summary.ts';

/** What destroy looks at; the stack's needs give the order. Without its file, the stack of the last apply serves. */
export type DestroyInput = Pick<
  PlanInput,
  'project' | 'stack' | 'environment' | 'serial' | 'lock' | 'observed' | 'naming' | 'toolkit'
> & {readonly options: {readonly maxUnreachable: number}};

export interface DestroyWish {
  /** The data of its volumes, too. */
  readonly volumes: boolean;
  /** Back up before what the stack says is backed up; done unless told not to. */
  readonly backup?: boolean;
}

/**
 * Removes every container of the environment, callers before what they need; then, when asked, the data of its
 * volumes. Networks go with their containers. Errors: OutsideError `host-unreachable`.
 */
export function planDestroy(input: DestroyInput, {volumes, backup = true}: DestroyWish): Plan {
  const {hosts, unreachable} = refuseUnreachable(input);
  const graph = new OperationGraph();
  const own = [...ownContainers(input, hosts)].sort(
    (a, b) => compareReplicas(a, b) || (a.host < b.host ? -1 : a.host > b.host ? 1 : a.id < b.id ? -1 : 1),
  );
  const connected = ownNetworks(input, hosts);
  for (const {host, toolkit} of hosts) {
    if (toolkit === input.toolkit || !(own.some(one => one.host === host) || connected.has(host))) continue;
    const reason =
      toolkit === undefined ? "niyanta's scripts are not installed" : "niyanta's scripts are of another version";
    graph.add({
      id: `host:${host}`,
      kind: 'host',
      action: toolkit === undefined ? 'create' : 'update',
      host,
      reason,
      changes: [],
    });
  }
  const removals = own.map(one => ({one, operation: removal(one, 'destroy')}));
  for (const {operation} of removals) {
    graph.add(operation);
    graph.wait(operation.id, `host:${operation.host}`);
  }
  // Callers go first; what the stack does not know may be needed by anyone, or by no one: it waits for nothing.
  for (const service of needsOrder(input.stack.services)) {
    for (const caller of removals.filter(({one}) => one.service === service.name)) {
      for (const needed of removals.filter(({one}) => service.needs.includes(one.service))) {
        graph.prefer(needed.operation.id, [caller.operation.id]);
      }
    }
  }
  leaveProxies(graph, input, hosts);
  removeNetworks(graph, input, hosts);
  addSweeps(graph, input, hosts);
  if (volumes)
    removeVolumes(
      graph,
      input,
      hosts,
      own,
      removals.map(({operation}) => operation.id),
    );
  if (volumes && backup) addBackupsBeforeDestroy(graph, input, volumesOf(input, hosts));
  const operations = graph.operations();
  const plan = {
    ...nothingPlaced,
    ...scopeOf(input),
    purpose: 'destroy' as const,
    serial: input.serial,
    operations,
    summary: summarise(operations),
    warnings: [
      ...unreachable.map(({host, error}) => `host ${host} is unreachable; what runs there stays: ${error}`),
      ...(volumes ? (backup ? withoutBackup(input, hosts) : []) : keptVolumes(input, hosts)),
    ],
    subnets: Object.fromEntries(
      Object.entries(input.lock?.subnets ?? {}).filter(([host]) => unreachable.some(other => other.host === host)),
    ),
  };
  return {...plan, fingerprint: fingerprint(input, plan)};
}

type Hosts = ReturnType<typeof refuseUnreachable>['hosts'];

function removeVolumes(
  graph: OperationGraph,
  input: DestroyInput,
  hosts: Hosts,
  own: readonly Own[],
  removals: readonly string[],
): void {
  const scope = scopeOf(input);
  for (const {host, volume} of volumesOf(input, hosts)) {
    const id = `volume:${host}:${volume}`;
    graph.add({
      id,
      kind: 'volume',
      action: 'delete',
      host,
      reason: 'destroy --volumes deletes its data',
      changes: [],
      volume,
      path: input.naming.volumePath(scope, volume),
    });
    own.forEach((one, index) => {
      if (one.host === host) graph.wait(id, removals[index]!);
    });
  }
}

/** Nobody is sent any more to what is going to be removed. */
function leaveProxies(graph: OperationGraph, input: DestroyInput, hosts: Hosts): void {
  const removals = graph.ids().filter(id => graph.get(id)!.kind === 'container');
  for (const host of hosts) {
    leaveProxy(graph, input, host, 'destroy');
    for (const id of removals) graph.prefer(id, [routeOperationId(host.host)]);
  }
}

/** What joins this environment's hosts, after their containers. */
function removeNetworks(graph: OperationGraph, input: DestroyInput, hosts: Hosts): void {
  const removals = graph.ids();
  for (const [host, {wrong: _, pending: __, ...before}] of ownNetworks(input, hosts)) {
    const id = networkId(host);
    const {bridge} = before;
    graph.add({id, kind: 'network', action: 'delete', host, reason: 'destroy', changes: [], bridge, before});
    graph.wait(id, hostId(host));
    for (const other of removals) if (graph.get(other)!.host === host) graph.wait(id, other);
  }
}

function volumesOf(input: DestroyInput, hosts: Hosts) {
  const prefix = input.naming.volumeFolder(scopeOf(input), '');
  return hosts.flatMap(({host, volumes}) =>
    [...volumes]
      .filter(folder => folder.startsWith(prefix))
      .sort()
      .map(folder => ({host, volume: folder.slice(prefix.length)})),
  );
}

/** Data that is deleted without a copy. */
function withoutBackup(input: DestroyInput, hosts: Hosts): readonly string[] {
  const lost = volumesOf(input, hosts).filter(
    ({volume}) => !input.stack.volumes.some(({name, backup}) => name === volume && backup),
  );
  if (lost.length === 0) return [];
  const list = lost.map(({host, volume}) => `${volume} on ${host}`).join(', ');
  return [`deleted without a backup, since the stack as it was applied last has none for it: ${list}`];
}

function keptVolumes(input: DestroyInput, hosts: Hosts): readonly string[] {
  const kept = volumesOf(input, hosts);
  if (kept.length === 0) return [];
  return [
    `volumes are kept (--volumes deletes them): ${kept.map(({host, volume}) => `${volume} on ${host}`).join(', ')}`,
  ];
}
