import type {HostFacts} from '../../../src/engine/hosts/facts.ts';
import {canonical} from '../../../src/engine/planner/canonical.ts';
import type {Naming, PlanInput, ResolvedImage} from '../../../src/engine/planner/plan-input.ts';
import type {ContainerSpec} from '../../../src/engine/runtime/container-spec.ts';
import type {ObservedContainer, ReachableHost} from '../../../src/engine/runtime/observed.ts';
import type {Host} from '../../../src/engine/spec/project.ts';
import type {Service, Stack} from '../../../src/engine/spec/stack.ts';
import type {EnvironmentState} from '../../../src/engine/state/lock-file.ts';

export const gibibyte = 1024 ** 3;

/** Hosts as they are and the lock file as it is: what an apply changes. */
export interface World {
  readonly hosts: readonly ReachableHost[];
  readonly lock?: EnvironmentState;
  readonly serial: number;
  /** Containers that an apply under way has taken out of the names before it stops them. */
  readonly left?: readonly string[];
}

export const service = (name: string, given: Partial<Service> = {}): Service => ({
  name,
  image: {kind: 'reference', reference: `${name}:1`},
  replicas: 1,
  needs: [],
  env: {},
  volumes: [],
  mounts: [],
  ports: [],
  readOnly: false,
  capabilities: {add: [], drop: []},
  seccomp: 'default',
  noNewPrivileges: true,
  resources: {},
  restart: 'always',
  update: {strategy: 'rolling', maxSurge: 1, maxUnavailable: 0},
  stop: {signal: 'SIGTERM', graceMs: 10_000},
  labels: {},
  ...given,
  placement: {require: {}, prefer: [], avoid: [], allowMove: false, ...given.placement},
});

export const stack = (...services: readonly Service[]): Stack => ({
  name: 'shop',
  services,
  routes: [],
  volumes: [...new Set(services.flatMap(({volumes}) => volumes.map(({volume}) => volume)))].map(name => ({name})),
});

export const volume = (name: string, readOnly = false) => ({volume: name, target: `/${name}`, readOnly});

export const port = (host: number, address?: string) => ({host, container: 8080, protocol: 'tcp' as const, address});

export const host = (name: string, given: Partial<Host> = {}): Host => ({
  name,
  local: false,
  sudo: false,
  connectTimeoutMs: 5000,
  labels: {},
  drain: false,
  ...given,
});

export const facts = (given: Partial<HostFacts> = {}): HostFacts => ({
  os: {id: 'debian', version: '12', name: 'Debian 12'},
  kernel: '6.1.0',
  architecture: 'amd64',
  cpus: 4,
  memory: 4 * gibibyte,
  disk: {total: 100 * gibibyte, free: 50 * gibibyte},
  cgroup: 'v1',
  containerd: {version: '1.7.0', running: true},
  runc: '1.1.5',
  cniPlugins: ['bridge', 'portmap', 'static'],
  iptables: true,
  init: 'systemd',
  listening: [],
  routes: ['10.0.0.0/24'],
  addresses: [],
  ...given,
});

/** h1 is 10.0.0.1, h2 10.0.0.2, and so on. */
export const addressOf = (name: string): string => `10.0.0.${Number(/\d+$/.exec(name)?.[0] ?? 99)}`;

export const factsOf = (name: string, given: Partial<HostFacts> = {}): HostFacts =>
  facts({
    addresses: [{address: addressOf(name), device: 'eth0', mtu: 1500}],
    defaultAddress: addressOf(name),
    ...given,
  });

export const observedHost = (name: string, given: Partial<ReachableHost> = {}): ReachableHost => ({
  host: name,
  reachable: true,
  facts: factsOf(name),
  toolkit: 'toolkit-1',
  containers: [],
  images: [],
  volumes: [],
  networks: [],
  drained: false,
  ...given,
});

export const emptyWorld = (...names: readonly string[]): World => ({
  hosts: names.map(name => observedHost(name)),
  serial: 0,
});

/** As runtime does it, in plain sight: everything but these fields needs a new container. */
const manifestOnly = new Set(['id', 'network', 'health', 'labels', 'stop', 'host']);

export const naming: Naming = {
  containerId: ({stack, environment, service, replica, distinction}) =>
    `${stack}-${environment}-${service}-${replica}-${distinction}`,
  runtimeHash: spec =>
    canonical(Object.fromEntries(Object.entries(spec).filter(([field]) => !manifestOnly.has(field)))),
  bridge: ({stack, environment}) => (stack === 'shop' && environment === 'default' ? 'ny00000001' : 'ny00000002'),
  device: ({stack, environment}) => (stack === 'shop' && environment === 'default' ? 'nv00000001' : 'nv00000002'),
  vni: () => 77,
  mac: address => `mac-of-${address}`,
  volumePath: ({stack, environment}, name) => `/var/lib/niyanta/volumes/${stack}-${environment}/${name}`,
  volumeFolder: ({stack, environment}, name) => `${stack}-${environment}/${name}`,
  names: (_, peers) =>
    peers.flatMap(({service, replica, address}) => [`${service} ${address}`, `${service}-${replica} ${address}`]),
};

export const image = ({image: source, name}: Service): ResolvedImage => {
  const reference = source.kind === 'reference' ? source.reference : name;
  return {source, label: reference, pinned: {source: reference, name: reference, digest: `sha256:${reference}`}};
};

/** What the planner is given for this stack in this world. */
export function planInput(
  world: World,
  desired: Stack,
  given: Partial<PlanInput> & {hosts?: readonly Host[]} = {},
): PlanInput {
  const {hosts, ...rest} = given;
  return {
    project: {
      name: 'project',
      hosts: hosts ?? world.hosts.map(({host: name}) => host(name)),
      network: {pool: '10.89.0.0/16'},
    },
    stack: desired,
    environment: 'default',
    serial: world.serial,
    lock: world.lock,
    takenSubnets: [],
    observed: world.hosts,
    images: Object.fromEntries(desired.services.map(one => [one.name, image(one)])),
    secrets: {},
    unsupported: {},
    toolkit: 'toolkit-1',
    naming,
    options: {purpose: 'apply', maxUnreachable: 0},
    ...rest,
  };
}

/** A container on a host as a probe finds it. */
export const container = (spec: ContainerSpec, given: Partial<ObservedContainer> = {}): ObservedContainer => ({
  id: spec.id,
  manifest: {
    version: 1,
    spec,
    runtimeHash: naming.runtimeHash(spec),
    specHash: canonical(spec),
    serial: 1,
    createdAt: '2026-01-01T00:00:00Z',
    stopped: false,
  },
  task: 'running',
  restarts: 0,
  networkUp: true,
  names: [],
  ...given,
});
