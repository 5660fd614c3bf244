import type {ReachableHost} from '../../runtime/observed.ts';
import {dependantsOf} from '../../scheduler/needs-order.ts';
import type {Service, ServiceName} from '../../spec/stack.ts';
import type {HostNetworks} from '../host-networks.ts';
import type {Networks} from '../networks.ts';
import {isRunning} from '../ownership.ts';
import type {HookOperation, Operation, OperationId} from '../plan.ts';
import type {PlanInput} from '../plan-input.ts';
import type {Sorted} from '../reconcile.ts';
import {lostVolumes} from '../volumes.ts';
import {addBackups} from './backups.ts';
import {type ReplicaSteps, replicaSteps} from './container-operations.ts';
import {OperationGraph} from './graph.ts';
import {addHooks} from './hooks.ts';
import {restoreImages} from './images.ts';
import {moveVolume} from './moves.ts';
import {addNames} from './names.ts';
import {awaitNetworks, joinNetworks, leaveNetworks} from './networks.ts';
import {handOverPorts} from './ports.ts';
import {addImage, addToolkits, addVolumes, hostId, hostsUsed} from './preparations.ts';
import {addProxies} from './proxies.ts';
import {addSwitches, bySwitch} from './releases.ts';
import {addRepairs} from './repairs.ts';
import {roll} from './rolling.ts';
import {addSweeps} from './sweep.ts';
import {updateOrder} from './update-order.ts';

export interface Operations {
  readonly operations: readonly Operation[];
  readonly steps: readonly ReplicaSteps[];
  /** What is worth knowing about releases. */
  readonly warnings: readonly string[];
  /** Hooks that run when one of them fails. */
  readonly onFailure: readonly HookOperation[];
}

/**
 * The graph of an apply. Must: scripts → image, volume and network → container; what is needed is healthy before; ports are
 * free before they are taken; updates roll within their bounds. Wish: new replicas come before old ones are replaced,
 * and removals come last, in the reverse order of needs.
 */
export function operationsFor(
  input: PlanInput,
  hosts: readonly ReachableHost[],
  sorted: readonly Sorted[],
  networks: HostNetworks,
  addresses: Networks,
): Operations {
  const graph = new OperationGraph();
  const services = new Map(input.stack.services.map(service => [service.name, service]));
  const {steps, switches, warnings} = bySwitch(
    input,
    sorted.map(one => replicaSteps(one, services)),
  );
  addToolkits(
    graph,
    input,
    hosts,
    new Set([...hostsUsed(sorted), ...networks.found.keys(), ...networks.meanwhile.keys()]),
  );
  joinNetworks(graph, networks);
  for (const step of steps) prepare(graph, input, services, hosts, step);
  tellLostVolumes(graph, input, hosts, sorted);
  for (const {main, removals} of steps) {
    for (const operation of main ? [main, ...removals] : removals) {
      graph.add(operation);
      graph.wait(operation.id, hostId(operation.host));
    }
  }
  for (const {main} of steps) if (main?.spec) awaitPreparations(graph, input, services, hosts, main);
  awaitNetworks(graph, networks, services, steps);
  const starting = startingByService(steps);
  for (const service of input.stack.services) {
    roll(
      graph,
      service,
      steps.filter(({sorted: {replica}}) => replica.service === service.name),
    );
  }
  moveVolume(graph, input, steps);
  awaitNeeds(graph, input.stack.services, starting);
  addSwitches(graph, input, switches, steps);
  for (const step of steps) stopBeforeRestart(graph, services, step);
  handOverPorts(graph, steps);
  removeLast(graph, input, steps, starting);
  addProxies(graph, input, hosts, steps);
  addNames(graph, input, hosts, steps);
  addRepairs(graph, input, steps, starting);
  restoreImages(graph, input, hosts, services, steps);
  addBackups(graph, input, steps);
  const joined = networks.meanwhile.keys();
  const onFailure = addHooks(graph, {input, hosts, steps, networks: addresses, joined});
  if (!input.options.targets?.length) addSweeps(graph, input, hosts);
  leaveNetworks(graph, networks);
  return {operations: graph.operations(), steps, warnings, onFailure};
}

/** A folder is made again under a service that has had data in it: the plan says so where people look. */
function tellLostVolumes(
  graph: OperationGraph,
  input: PlanInput,
  hosts: readonly ReachableHost[],
  sorted: readonly Sorted[],
) {
  for (const {host, volume} of lostVolumes(input, {hosts, replicas: sorted.map(({replica}) => replica)})) {
    const making = graph.get(`volume:${host}:${volume}`);
    if (making) graph.change({...making, reason: 'someone removed it and the data in it; it begins empty'});
  }
}

function prepare(
  graph: OperationGraph,
  input: PlanInput,
  services: ReadonlyMap<ServiceName, Service>,
  hosts: readonly ReachableHost[],
  {main}: ReplicaSteps,
) {
  const host = hosts.find(other => other.host === main?.host);
  if (!main?.spec || !host || main.how === 'manifest') return;
  if (main.how !== 'start') addImage(graph, input, services.get(main.service!)!, host);
  addVolumes(graph, input, main.spec, host);
}

function awaitPreparations(
  graph: OperationGraph,
  input: PlanInput,
  services: ReadonlyMap<ServiceName, Service>,
  hosts: readonly ReachableHost[],
  main: NonNullable<ReplicaSteps['main']>,
) {
  const host = hosts.find(other => other.host === main.host);
  if (!host || main.how === 'manifest') return;
  if (main.how !== 'start') {
    const image = addImage(graph, input, services.get(main.service!)!, host);
    if (image) graph.wait(main.id, image);
  }
  for (const volume of addVolumes(graph, input, main.spec!, host)) graph.wait(main.id, volume);
}

function startingByService(steps: readonly ReplicaSteps[]): ReadonlyMap<ServiceName, readonly OperationId[]> {
  const starting = new Map<ServiceName, OperationId[]>();
  for (const {main} of steps) {
    if (!main || main.how === 'manifest') continue;
    starting.set(main.service!, [...(starting.get(main.service!) ?? []), main.id]);
  }
  return starting;
}

/** A service starts when all that it needs is there and healthy, directly or through services that do not change. */
function awaitNeeds(
  graph: OperationGraph,
  services: readonly Service[],
  starting: ReadonlyMap<ServiceName, readonly OperationId[]>,
) {
  for (const needed of services) {
    const before = starting.get(needed.name) ?? [];
    if (before.length === 0) continue;
    for (const dependant of dependantsOf(needed.name, services)) {
      for (const id of starting.get(dependant.name) ?? []) for (const other of before) graph.wait(id, other);
    }
  }
}

/** What is started again waits for leftovers that cannot run beside it. */
function stopBeforeRestart(
  graph: OperationGraph,
  services: ReadonlyMap<ServiceName, Service>,
  {main, removals, sorted: {replica}}: ReplicaSteps,
) {
  if (main?.how !== 'start' || !main.spec) return;
  const {update} = services.get(replica.service)!;
  for (const own of replica.extras) {
    if (isRunning(replica.current!) || updateOrder(own.manifest?.spec, main.spec, update).order === 'start-first')
      continue;
    graph.wait(
      main.id,
      removals.find(({previous}) => previous[0]!.id === own.id && previous[0]!.host === own.host)!.id,
    );
  }
}

/** Removals wait for what replaces them, and for everything that needed them. */
function removeLast(
  graph: OperationGraph,
  input: PlanInput,
  steps: readonly ReplicaSteps[],
  starting: ReadonlyMap<ServiceName, readonly OperationId[]>,
) {
  const before = input.lock?.history.findLast(entry => entry.stack)?.stack?.services ?? [];
  for (const {main, removals, sorted} of steps) {
    const {service} = sorted.replica;
    const dependants = new Set([
      ...dependantsOf(service, input.stack.services).map(({name}) => name),
      ...dependantsOf(service, before).map(({name}) => name),
    ]);
    const waits = [...dependants].flatMap(name => [
      ...(starting.get(name) ?? []),
      ...steps.filter(step => step.sorted.replica.service === name).flatMap(step => step.removals.map(({id}) => id)),
    ]);
    for (const {id} of removals) graph.prefer(id, main ? [main.id, ...waits] : waits);
  }
}
