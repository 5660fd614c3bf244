import type {Actions, Peer} from '../../../src/engine/executor/actions.ts';
import type {FindPresent, Present} from '../../../src/engine/executor/inverse.ts';
import type {ContainerOperation, ImageOperation, Plan} from '../../../src/engine/planner/plan.ts';
import type {ContainerSpec, PinnedImage} from '../../../src/engine/runtime/container-spec.ts';
import {manifestOf} from '../../../src/engine/runtime/containers/write-manifest.ts';
import type {TaskEnd} from '../../../src/engine/runtime/exit-code.ts';
import type {ObservedContainer, ObservedHost} from '../../../src/engine/runtime/observed.ts';
import type {ProxyRoutes, Upstream, UpstreamFigures} from '../../../src/engine/runtime/proxy/proxy-routes.ts';
import type {ProxySpec} from '../../../src/engine/runtime/proxy/proxy-spec.ts';
import {OutsideError} from '../../../src/engine/spec/errors.ts';
import {sampleSpec} from '../runtime/sample-spec.ts';

/** A container on simulated hosts. */
interface Simulated {
  readonly spec: ContainerSpec;
  running: boolean;
}

/**
 * Simulated hosts: containers are entries of a map, so that the order of things, failures at any point and taking
 * back can be tried exhaustively. Real hosts are in test/lab.
 */
export class SimulatedHosts implements Actions {
  readonly containers = new Map<string, Simulated>();
  /** host → service names known there with their addresses, as last written. */
  readonly names = new Map<string, readonly Peer[]>();
  readonly journal: string[] = [];
  /** Called before every action with its description; throws to make it fail. */
  before: (action: string) => void = () => undefined;
  unhealthy = new Set<string>();

  readonly proxies = new Map<string, ProxySpec>();

  async #act(action: string): Promise<void> {
    await Promise.resolve();
    this.before(action);
    this.journal.push(action);
  }

  async ensureProxy(host: string, proxy: ProxySpec | undefined): Promise<void> {
    await this.#act(`${proxy ? 'ensure' : 'remove'} proxy on ${host}`);
    if (proxy) this.proxies.set(host, proxy);
    else this.proxies.delete(host);
  }

  run(spec: ContainerSpec): void {
    this.containers.set(`${spec.host}/${spec.id}`, {spec, running: true});
    this.names.set(spec.host, [...(this.names.get(spec.host) ?? []), peerOf(spec)]);
  }

  present(): Present[] {
    return [...this.containers.values()].map(({spec, running}) => ({
      host: spec.host,
      id: spec.id,
      running,
      listed: running,
      exists: true,
      spec,
    }));
  }

  /** As a probe would find them. */
  observed(hosts: readonly string[]): ObservedHost[] {
    return hosts.map(host => ({
      ...reachable(host),
      containers: [...this.containers.values()]
        .filter(({spec}) => spec.host === host)
        .map(({spec, running}) => observedContainer(spec, running)),
    }));
  }

  /** What runs and who is known by name, for comparison. */
  snapshot(): {running: string[]; existing: string[]; names: string[]} {
    const entries = [...this.containers.entries()];
    return {
      running: entries.flatMap(([key, {running}]) => (running ? [key] : [])).sort(),
      existing: entries.map(([key]) => key).sort(),
      names: [...this.names].flatMap(([host, peers]) => peers.map(({id}) => `${host}:${id}`)).sort(),
    };
  }

  installToolkit = (host: string) => this.#act(`toolkit ${host}`);
  async bringImage(operation: ImageOperation): Promise<PinnedImage> {
    await this.#act(`image ${operation.label} ${operation.host}`);
    return {source: operation.label, name: operation.label, digest: 'sha256:found'};
  }
  createVolume = (operation: {volume: string}) => this.#act(`volume ${operation.volume}`);
  copyVolume = (operation: {volume: string; from?: string}) =>
    this.#act(`copy ${operation.volume} from ${operation.from}`);
  backUpVolume = (operation: {volume: string}) => this.#act(`back up ${operation.volume}`);
  deleteVolume = (operation: {volume: string}) => this.#act(`delete volume ${operation.volume}`);
  deleteEmptyVolume = (_host: string, path: string) => this.#act(`delete empty ${path}`);
  async createContainer(spec: ContainerSpec): Promise<void> {
    await this.#act(`create ${spec.id}`);
    this.containers.set(`${spec.host}/${spec.id}`, {spec, running: true});
  }
  async waitHealthy(spec: ContainerSpec): Promise<void> {
    await this.#act(`healthy ${spec.id}`);
    if (this.unhealthy.has(spec.id)) throw new OutsideError({code: 'unhealthy', message: `${spec.id} is not healthy`});
  }
  /** Exit codes of jobs, each try takes the next one; 0 when there is none. */
  exits: number[] = [];
  async waitEnded(spec: ContainerSpec): Promise<TaskEnd> {
    await this.#act(`ended ${spec.id}`);
    this.containers.get(`${spec.host}/${spec.id}`)!.running = false;
    return {code: this.exits.shift() ?? 0, oomKills: 0};
  }
  async stopContainer(host: string, id: string): Promise<void> {
    await this.#act(`stop ${id}`);
    const container = this.containers.get(`${host}/${id}`);
    if (container) container.running = false;
  }
  async startContainer(host: string, id: string): Promise<void> {
    await this.#act(`start ${id}`);
    this.containers.get(`${host}/${id}`)!.running = true;
  }
  async removeContainer(host: string, id: string): Promise<void> {
    await this.#act(`remove ${id}`);
    this.containers.delete(`${host}/${id}`);
  }
  async writeManifest(spec: ContainerSpec): Promise<void> {
    await this.#act(`manifest ${spec.id}`);
    const container = this.containers.get(`${spec.host}/${spec.id}`)!;
    this.containers.set(`${spec.host}/${spec.id}`, {...container, spec});
  }
  async writeNames(host: string, _selves: readonly Peer[], peers: readonly Peer[]): Promise<void> {
    await this.#act(`names ${host}`);
    this.names.set(host, peers);
  }
  /** host → what its proxy has of the environment, as last acknowledged. */
  readonly routes = new Map<string, ProxyRoutes>();
  /** Requests that containers are serving, by id. */
  readonly serving = new Map<string, number>();
  /** What the access logs would say, by address. */
  readonly figures = new Map<string, Omit<UpstreamFigures, 'address' | 'port'>>();
  async writeRoutes(host: string, routes: ProxyRoutes): Promise<void> {
    await this.#act(`routes ${host}`);
    this.routes.set(host, routes);
  }
  async inFlight(host: string, upstreams: readonly Upstream[]): Promise<number> {
    await this.#act(`in flight ${host}`);
    return upstreams.reduce((sum, {id}) => sum + (this.serving.get(id) ?? 0), 0);
  }
  async upstreamFigures(_host: string, upstreams: readonly Upstream[]): Promise<readonly UpstreamFigures[]> {
    return upstreams.flatMap(({address, port}) => {
      const figures = this.figures.get(address);
      return figures ? [{address, port, ...figures}] : [];
    });
  }
  connectNetwork = (host: string) => this.#act(`connect ${host}`);
  disconnectNetwork = (host: string) => this.#act(`disconnect ${host}`);
  repairContainer = (spec: ContainerSpec) => this.#act(`repair ${spec.id}`);
  sweep = (host: string) => this.#act(`sweep ${host}`);
  lastLogLines = async (_host: string, id: string) => [`last words of ${id}`];
}

/** What a run without proxies and releases is given of them. */
export const noReleases = {
  routes: {standing: [], splits: [], drainMs: {}},
  releases: {note: async () => undefined, request: async () => undefined},
  clock: {now: () => 0, sleep: async () => undefined},
};

/** The containers that are there now, to be asked later for what was there then. */
export function presentOf(hosts: SimulatedHosts): FindPresent {
  const present = hosts.present();
  return (host, id) => present.find(one => one.host === host && one.id === id);
}

const reachable = (host: string) =>
  ({
    host,
    reachable: true,
    images: [],
    volumes: [],
    networks: [],
    containers: [],
    drained: false,
  }) as unknown as Extract<ObservedHost, {reachable: true}>;

const observedContainer = (spec: ContainerSpec, running: boolean): ObservedContainer =>
  ({
    id: spec.id,
    manifest: manifestOf(spec, {serial: 1, createdAt: '2026-01-02T03:04:05Z'}),
    task: running ? 'running' : 'none',
  }) as unknown as ObservedContainer;

const peerOf = (spec: ContainerSpec): Peer => ({
  id: spec.id,
  service: spec.service,
  replica: spec.replica,
  address: spec.network.address,
});

export function specOf(
  service: string,
  replica: number,
  host: string,
  revision: string,
  digest = 'sha256:one',
): ContainerSpec {
  return sampleSpec({
    id: `${service}-${replica}-${revision}`,
    service,
    replica,
    host,
    image: {source: `${service}:${revision}`, name: service, digest},
    network: {bridge: 'nyshop', subnet: '10.89.0.0/24', gateway: '10.89.0.1', address: `10.89.0.${10 + replica}`},
  });
}

export function containerOperation(
  how: ContainerOperation['how'],
  spec: ContainerSpec,
  more: Partial<ContainerOperation> = {},
): ContainerOperation {
  return {
    kind: 'container',
    id: `container/${spec.host}/${spec.service}/${spec.replica}/${how}`,
    action: how === 'create' ? 'create' : how === 'delete' ? 'delete' : 'replace',
    service: spec.service,
    replica: spec.replica,
    host: spec.host,
    reason: 'tried',
    changes: [],
    after: [],
    spec: how === 'delete' ? undefined : spec,
    previous: [],
    order: 'start-first',
    how,
    ...more,
  };
}

export const planOf = (operations: Plan['operations']): Plan => ({
  version: 1,
  project: 'shop',
  stack: 'shop',
  environment: 'default',
  purpose: 'apply',
  serial: 1,
  fingerprint: 'f',
  operations,
  placements: [],
  drift: [],
  interruption: [],
  bytes: 0,
  summary: {create: 0, update: 0, replace: 0, delete: 0},
  warnings: [],
  subnets: {},
});
