import {answersToName} from '../../../src/engine/planner/ownership.ts';
import type {ContainerOperation, Operation, Plan} from '../../../src/engine/planner/plan.ts';
import type {NamedPeer} from '../../../src/engine/planner/plan-input.ts';
import type {ContainerSpec} from '../../../src/engine/runtime/container-spec.ts';
import type {ObservedContainer, ReachableHost} from '../../../src/engine/runtime/observed.ts';
import type {Placement} from '../../../src/engine/state/lock-file.ts';
import {container, naming, type World} from './world.ts';

/** One change of one host that either happens or does not: what a killed apply may stop between. */
export type Atom = (world: World) => World;

/** A pure stand-in for apply: what each operation does to the world, in the order in which the executor does it. */
export function atomsOf(operation: Operation, plan: Plan): readonly Atom[] {
  switch (operation.kind) {
    case 'host':
      return [onHost(operation.host, host => ({...host, toolkit: 'toolkit-1'}))];
    case 'image': {
      const {name, digest} = operation.pinned!;
      return [onHost(operation.host, host => ({...host, images: [...host.images, {name, digest}]}))];
    }
    case 'volume': {
      const folder = naming.volumeFolder(plan, operation.volume);
      return [
        onHost(operation.host, host => ({
          ...host,
          volumes: [
            ...host.volumes.filter(other => other !== folder),
            ...(operation.action === 'delete' ? [] : [folder]),
          ],
        })),
      ];
    }
    case 'network': {
      const {host, bridge, network} = operation;
      return [
        onHost(host, found => ({
          ...found,
          networks: [
            ...found.networks.filter(one => one.bridge !== bridge),
            ...(network ? [{...network, wrong: [], pending: false}] : []),
          ],
        })),
      ];
    }
    case 'backup':
      return [];
    case 'names':
      return [rename(operation.host)];
    case 'repair':
      return [onContainer(operation.host, operation.spec.id, asMade)];
    case 'sweep':
      return [onHost(operation.host, ({leftovers: _, ...host}) => host)];
    case 'switch':
      // Who is listed is no part of this world: old and new both run until what was replaced is removed.
      return [renameAll];
    // Its container is there only while the apply is under way.
    case 'hook':
      return [];
    case 'proxy': {
      const {host, proxy} = operation;
      const made = (found: ReachableHost): ReachableHost => {
        const {proxy: before, ...rest} = found;
        const slices = before?.slices ?? [];
        return proxy ? {...rest, proxy: {spec: proxy, running: true, serving: true, slices, pending: []}} : rest;
      };
      return [onHost(host, made)];
    }
    case 'route': {
      const {host, routes} = operation;
      return [
        onHost(host, found => ({
          ...found,
          proxy: {
            ...found.proxy!,
            serving: true,
            slices: [
              ...found.proxy!.slices.filter(slice => slice.environment !== routes.environment),
              ...(routes.routes.length > 0 ? [routes] : []),
            ],
          },
        })),
      ];
    }
    case 'container':
      return containerAtoms(operation, plan);
  }
}

function containerAtoms(operation: ContainerOperation, plan: Plan): readonly Atom[] {
  const {spec, previous, how, order} = operation;
  const stops = previous.flatMap(({host, id}) => [leave(host, id), stop(host, id)]);
  if (how === 'delete') return stops;
  if (how === 'manifest') {
    return [onContainer(spec!.host, spec!.id, one => ({...one, manifest: {...one.manifest!, spec: spec!}}))];
  }
  const start = how === 'start' ? [run(spec!), renameAll] : [...create(spec!, plan.serial), renameAll];
  return order === 'start-first' ? [...start, ...stops] : [...stops, ...start];
}

/** What an operation leaves to remove once the whole plan has succeeded. */
export const commitAtoms = (operation: Operation): readonly Atom[] =>
  operation.kind === 'switch'
    ? operation.from.flatMap(({host, id}) => [leave(host, id), remove(host, id)])
    : operation.kind === 'container'
      ? operation.previous.map(({host, id}) => remove(host, id))
      : [];

/** The lock file as it stands after a plan, written from what runs. */
export function commitLock(plan: Plan): Atom {
  return world => {
    const placements: Record<string, Placement[]> = {};
    for (const {host, containers} of world.hosts) {
      for (const {manifest, id} of containers) {
        if (!manifest || manifest.spec.stack !== plan.stack) continue;
        const {service, replica, network, ports} = manifest.spec;
        placements[service] = [
          ...(placements[service] ?? []),
          {replica, host, address: network.address, container: id, ports: ports.map(port => port.host)},
        ];
      }
    }
    const serial = world.serial + 1;
    return {
      ...world,
      serial,
      lock: {
        fence: 1,
        images: {},
        history: [],
        stopped: [],
        ...world.lock,
        stack: plan.stack,
        subnets: plan.subnets,
        placements,
      },
    };
  };
}

/** Applies a whole plan, one operation after the other. */
export function applyAll(world: World, plan: Plan): World {
  const atoms = [
    ...plan.operations.flatMap(operation => atomsOf(operation, plan)),
    ...plan.operations.flatMap(commitAtoms),
    commitLock(plan),
  ];
  return atoms.reduce<World>((state, atom) => atom(state), {...world, left: []});
}

/**
 * Runs operations as a graph, several at once: `choose(n)` picks which of `n` runnable atoms comes next. Calls `watch`
 * after each. Stops after `limit` atoms, as a killed apply does.
 */
export function interleave(
  world: World,
  plan: Plan,
  choose: (n: number) => number,
  watch: (world: World) => void = () => undefined,
  limit = Number.POSITIVE_INFINITY,
): {readonly world: World; readonly finished: boolean} {
  const left = new Map(plan.operations.map(operation => [operation.id, [...atomsOf(operation, plan)]]));
  const done = new Set<string>();
  let state: World = {...world, left: []};
  for (let count = 0; ; count++) {
    const runnable = plan.operations.filter(({id, after}) => !done.has(id) && after.every(other => done.has(other)));
    if (runnable.length === 0) break;
    if (count >= limit) return {world: state, finished: false};
    const next = runnable[choose(runnable.length)]!;
    const atom = left.get(next.id)!.shift();
    if (atom) state = atom(state);
    if (left.get(next.id)!.length === 0) done.add(next.id);
    watch(state);
  }
  if (done.size < plan.operations.length) throw new Error('the graph has a cycle');
  return {world: state, finished: true};
}

export const finish = (world: World, plan: Plan): World =>
  [...plan.operations.flatMap(commitAtoms), commitLock(plan)].reduce((state, atom) => atom(state), world);

export const onHost =
  (name: string, change: (host: ReachableHost) => ReachableHost): Atom =>
  world => ({...world, hosts: world.hosts.map(host => (host.host === name ? change(host) : host))});

export const onContainer = (host: string, id: string, change: (one: ObservedContainer) => ObservedContainer): Atom =>
  onHost(host, found => ({...found, containers: found.containers.map(one => (one.id === id ? change(one) : one))}));

export const remove = (host: string, id: string): Atom =>
  onHost(host, found => ({...found, containers: found.containers.filter(one => one.id !== id)}));

const stop = (host: string, id: string): Atom =>
  onContainer(host, id, one => ({...one, task: one.task === 'gone' ? 'gone' : 'stopped', names: []}));

const run = (spec: ContainerSpec): Atom =>
  onContainer(spec.host, spec.id, one => ({...asMade(one), task: 'running', networkUp: true}));

const asMade = ({deviations: _, ...one}: ObservedContainer): ObservedContainer => one;

const create = (spec: ContainerSpec, serial: number): readonly Atom[] => [
  onHost(spec.host, host => {
    if (host.containers.some(({id}) => id === spec.id)) throw new Error(`${spec.id} exists already`);
    const fresh = container(spec, {task: 'gone'});
    return {...host, containers: [...host.containers, {...fresh, manifest: {...fresh.manifest!, serial: serial + 1}}]};
  }),
  run(spec),
];

/** Every running container of the host knows every other of the environment that answers to a name, and itself. */
const rename =
  (name: string): Atom =>
  world =>
    onHost(name, host => rewritten(host, world))(world);

/** An apply rewrites the names of all hosts when a container comes or goes. */
const renameAll: Atom = world => world.hosts.map(({host}) => rename(host)).reduce((state, atom) => atom(state), world);

const leave =
  (_host: string, id: string): Atom =>
  world =>
    renameAll({...world, left: [...(world.left ?? []), id]});

function rewritten(host: ReachableHost, {hosts, left = []}: World): ReachableHost {
  const running = (of: ReachableHost) => of.containers.filter(one => one.manifest && one.task === 'running');
  // One that has ended for good is in the names until it is removed: the executor's ledger begins with who was listed.
  const peers = hosts
    .flatMap(({containers}) => containers.filter(answersToName))
    .filter(({id}) => !left.includes(id))
    .map(peerOf);
  return {
    ...host,
    containers: host.containers.map(one => {
      if (!running(host).includes(one)) return one;
      const self = peerOf(one);
      return {...one, names: naming.names(self, peers.some(({id}) => id === self.id) ? peers : [...peers, self])};
    }),
  };
}

const peerOf = ({id, manifest}: ObservedContainer): NamedPeer => ({
  id,
  service: manifest!.spec.service,
  replica: manifest!.spec.replica,
  address: manifest!.spec.network.address,
});
