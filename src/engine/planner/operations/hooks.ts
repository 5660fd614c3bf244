import type {ReachableHost} from '../../runtime/observed.ts';
import {dependantsOf} from '../../scheduler/needs-order.ts';
import type {Hook} from '../../spec/hooks.ts';
import type {HostName, Service, ServiceName} from '../../spec/stack.ts';
import {hookContainer, hookService} from '../hook-container.ts';
import type {Networks} from '../networks.ts';
import type {HookOperation} from '../plan.ts';
import type {PlanInput} from '../plan-input.ts';
import type {ReplicaSteps} from './container-operations.ts';
import type {OperationGraph} from './graph.ts';
import {networkId} from './networks.ts';
import {addImage, addVolumes, hostId} from './preparations.ts';

interface HookPlanning {
  readonly input: PlanInput;
  readonly hosts: readonly ReachableHost[];
  readonly steps: readonly ReplicaSteps[];
  readonly networks: Networks;
  readonly joined: Iterable<HostName>;
}

/**
 * The hooks of a change: `before` ones wait for images and for what is needed, and all that changes of their services
 * waits for them; `after` ones wait for all that changes of their services. One that ended well for the same release,
 * before its apply was cut off, is not run again. Returns those for a failure, which stand in no order.
 */
export function addHooks(graph: OperationGraph, planning: HookPlanning): readonly HookOperation[] {
  const {input, steps} = planning;
  const changing = graph.ids().length > 0;
  const onFailure: HookOperation[] = [];
  for (const hook of input.stack.hooks ?? []) {
    if (!(hook.always ? changing : isDue(planning, hook))) continue;
    const operation = operationOf(planning, hook);
    if (!operation) continue;
    if (hook.when === 'onFailure') {
      onFailure.push(operation);
      continue;
    }
    const earlier = steps.filter(({sorted: {replica}}) => replica.service === hookService(hook.name));
    const {runtimeHash} = input.naming;
    const ended = earlier.find(
      ({
        sorted: {
          replica: {current},
        },
      }) =>
        current?.manifest && current.container.task === 'stopped' && current.container.exitCode === 0
          ? runtimeHash(current.manifest.spec) === runtimeHash(operation.spec)
          : false,
    );
    const removals = earlier.flatMap(step => step.removals.map(({id}) => id));
    const own = idsOf(graph, hook.on);
    if (ended) {
      // Its container tells that it was done until the change is through.
      for (const id of removals) graph.prefer(id, own);
      continue;
    }
    graph.add(operation);
    graph.wait(operation.id, hostId(operation.host));
    for (const id of removals) graph.wait(operation.id, id);
    for (const host of planning.joined) graph.wait(operation.id, networkId(host));
    awaitPreparations(graph, planning, hook, operation);
    if (hook.when === 'before') {
      for (const id of own) graph.wait(id, operation.id);
      graph.prefer(operation.id, neededBy(graph, input.stack.services, hook.on));
      // A hook changes data as a release does.
      graph.prefer(
        operation.id,
        graph.ids().filter(id => graph.get(id)!.kind === 'backup'),
      );
    } else graph.prefer(operation.id, [...own, ...switchesOf(graph, hook.on)]);
  }
  return onFailure;
}

/** What changes of these services, but for their manifests alone. */
const idsOf = (graph: OperationGraph, services: readonly ServiceName[]): readonly string[] =>
  graph.ids().filter(id => {
    const draft = graph.get(id)!;
    return draft.kind === 'container' && draft.how !== 'manifest' && services.includes(draft.service ?? '');
  });

/** Where traffic goes over to a release of these services. */
const switchesOf = (graph: OperationGraph, services: readonly ServiceName[]): readonly string[] =>
  graph.ids().filter(id => {
    const draft = graph.get(id)!;
    return draft.kind === 'switch' && draft.services.some(name => services.includes(name));
  });

/** What starts of the services that these need. */
function neededBy(graph: OperationGraph, services: readonly Service[], on: readonly ServiceName[]): readonly string[] {
  const needed = services.filter(
    ({name}) => !on.includes(name) && dependantsOf(name, services).some(dependant => on.includes(dependant.name)),
  );
  return idsOf(
    graph,
    needed.map(({name}) => name),
  ).filter(id => {
    const draft = graph.get(id)!;
    return draft.kind === 'container' && draft.how !== 'delete';
  });
}

/** A release of a service that nothing runs yet; an `after` hook is due until the last replica of it is there. */
function isDue({input, steps}: HookPlanning, {on, when}: Hook): boolean {
  // Replicas of one release differ in their number alone.
  const release = (spec: Parameters<typeof input.naming.runtimeHash>[0]) =>
    input.naming.runtimeHash({...spec, replica: 1});
  return on.some(service => {
    const own = steps.filter(({sorted: {replica}}) => replica.service === service);
    const running = own.flatMap(({sorted: {replica}}) =>
      [replica.current, ...replica.extras].flatMap(one => (one?.manifest ? [release(one.manifest.spec)] : [])),
    );
    const fresh = own.filter(({main}) => main?.spec && (main.how === 'create' || main.how === 'replace'));
    if (when !== 'before' && fresh.some(({sorted: {bucket, changes}}) => bucket === 'replace' && changes.length > 0))
      return true;
    return fresh.some(({main}) => !running.includes(release(main!.spec!)));
  });
}

/** On the host of the service's first replica, else of the first one that it belongs to; undefined when there is none. */
function operationOf(planning: HookPlanning, hook: Hook): HookOperation | undefined {
  const {input, steps, networks} = planning;
  const placed = [hook.service, ...hook.on].flatMap(name =>
    steps.filter(({sorted}) => sorted.replica.service === name && sorted.spec && sorted.host !== undefined),
  );
  const first = placed[0]?.sorted;
  const service = input.stack.services.find(({name}) => name === hook.service);
  if (!first?.host || !service) return undefined;
  const like = placed.find(({sorted}) => sorted.replica.service === hook.service)?.sorted.spec;
  const spec = hookContainer(input, hook, service, {host: first.host, networks, like});
  return {
    id: `hook:${first.host}:${hook.name}`,
    kind: 'hook',
    action: 'create',
    service: hook.on[0]!,
    host: first.host,
    reason: hook.always
      ? 'runs with every change'
      : `${hook.on.join(', ')} ${hook.on.length > 1 ? 'change' : 'changes'}`,
    changes: [],
    after: [],
    hook: hook.name,
    when: hook.when,
    spec,
    timeoutMs: hook.timeoutMs,
    retries: hook.retries,
  };
}

function awaitPreparations(
  graph: OperationGraph,
  {input, hosts}: HookPlanning,
  hook: Hook,
  {id, host, spec}: HookOperation,
): void {
  const there = hosts.find(candidate => candidate.host === host);
  const service = input.stack.services.find(({name}) => name === hook.service);
  if (!there || !service) return;
  const image = addImage(graph, input, service, there);
  if (image) graph.wait(id, image);
  for (const volume of addVolumes(graph, input, spec, there)) graph.wait(id, volume);
}
