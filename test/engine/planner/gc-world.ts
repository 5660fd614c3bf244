import {type Orphan, orphanKey} from '../../../src/engine/planner/gc/gc-plan.ts';
import {type GcInput, planGc} from '../../../src/engine/planner/gc/plan-gc.ts';
import type {HousedHost} from '../../../src/engine/planner/gc/scopes.ts';
import {manifestOf} from '../../../src/engine/runtime/containers/write-manifest.ts';
import type {HouseAside, HouseImage, HouseVolume} from '../../../src/engine/runtime/house/house.ts';
import type {Leftover} from '../../../src/engine/runtime/leftovers/leftover.ts';
import {naming} from '../../../src/engine/runtime/naming.ts';
import type {ObservedContainer, ObservedHost} from '../../../src/engine/runtime/observed.ts';
import type {ObservedProxy} from '../../../src/engine/runtime/proxy/observed-proxy.ts';
import type {EnvironmentCopy} from '../../../src/engine/state/environment-copy.ts';
import type {EnvironmentState, LockFile} from '../../../src/engine/state/lock-file.ts';
import {sampleSpec} from '../runtime/sample-spec.ts';
import {facts} from './world.ts';

export const now = new Date('2026-06-01T12:00:00Z');
export const hour = 3_600_000;
export const day = 24 * hour;
const project = 'demo';
export const salt = 'b3Vycw==';

export const digestOf = (letter: string): string => `sha256:${letter.repeat(64)}`;

export interface Of {
  readonly project?: string;
  readonly stack?: string;
  readonly environment?: string;
}

const scope = ({project: of = project, stack = 'shop', environment = 'default'}: Of) => ({
  project: of,
  stack,
  environment,
});

export const bridgeOf = (of: Of): string => naming.bridge(scope(of));

/** A container that has been there for a day. */
export function container(of: Of & {id?: string; image?: string; ageMs?: number; serial?: number}): ObservedContainer {
  const all = scope(of);
  const id = of.id ?? `${all.stack}-${all.environment}-web-1-00000a`;
  const spec = sampleSpec({
    ...all,
    id,
    image: {source: 'web', name: `docker.io/library/${of.image ?? 'a'}:1`, digest: digestOf(of.image ?? 'a')},
    network: {bridge: bridgeOf(of), subnet: '10.89.3.0/24', gateway: '10.89.3.1', address: '10.89.3.7'},
  });
  const createdAt = new Date(now.getTime() - (of.ageMs ?? day)).toISOString();
  const manifest = manifestOf(spec, {serial: of.serial ?? 1, createdAt});
  return {id, manifest, task: 'running', restarts: 0, networkUp: true, names: []};
}

export const volume = (of: Of & {name?: string}, given: Partial<HouseVolume> = {}): HouseVolume => {
  const {project: owner, stack, environment} = scope(of);
  return {folder: `${owner}.${stack}.${environment}/${of.name ?? 'data'}`, bytes: 4096, empty: false, ...given};
};

/** What a restore replaced ten days ago, unless it is told otherwise. */
export const aside = (of: Of & {name?: string}, given: Partial<HouseAside> = {}): HouseAside => {
  const {what = 'replaced'} = given;
  const {folder} = volume(of);
  const ending = {replaced: 'old-00000a', arriving: 'new', trial: 'verify-00000a'}[what];
  return {folder: `.aside/${folder.replace('/', '.')}.${ending}`, volume: folder, what, ageMs: 10 * day, ...given};
};

export const image = (letter: string, given: Partial<HouseImage> = {}): HouseImage => ({
  name: `docker.io/library/${letter}:1`,
  digest: digestOf(letter),
  bytes: 1000,
  ageMs: 100 * day,
  ...given,
});

export const state = (given: Partial<EnvironmentState> = {}): EnvironmentState => ({
  stack: 'shop',
  fence: 5,
  images: {},
  subnets: {},
  placements: {},
  stopped: [],
  history: [],
  ...given,
});

export const lockOf = (environments: LockFile['environments'], given: Partial<LockFile> = {}): LockFile => ({
  version: 1,
  project,
  serial: 10,
  salt,
  environments,
  ...given,
});

export const copy = (of: Of & {serial?: number; salt?: string}, kept = state()): EnvironmentCopy => {
  const {project: owner, stack, environment} = scope(of);
  return {project: owner, environment, serial: of.serial ?? 1, salt: of.salt ?? salt, state: {...kept, stack}};
};

interface Found {
  readonly name?: string;
  readonly containers?: readonly ObservedContainer[];
  readonly leftovers?: readonly Leftover[];
  /** Bridges, with how old their part of a network is. */
  readonly networks?: Readonly<Record<string, number>>;
  readonly volumes?: readonly HouseVolume[];
  readonly aside?: readonly HouseAside[];
  readonly images?: readonly HouseImage[];
  readonly fences?: readonly string[];
  readonly copies?: readonly EnvironmentCopy[];
  readonly snapshots?: readonly string[];
  /** Whose routes the proxy has. */
  readonly routes?: readonly Of[];
}

const proxyOf = (routes: readonly Of[]): ObservedProxy => ({
  spec: {
    source: {kind: 'binary', path: '/usr/bin/caddy'},
    http: 80,
    https: 443,
    acme: {},
    log: {size: 1, files: 1},
  },
  running: true,
  serving: true,
  slices: routes.map(of => ({...scope(of), routes: []})),
  pending: [],
});

export function host(found: Found): HousedHost {
  const {name = 'h1', containers = [], networks = {}, volumes = [], leftovers = []} = found;
  return {
    observed: {
      host: name,
      reachable: true,
      facts: facts(),
      containers,
      images: [],
      volumes: volumes.map(({folder}) => folder),
      networks: Object.keys(networks).map(bridge => ({
        bridge,
        subnet: '10.89.3.0/24',
        mtu: 1450,
        wrong: [],
        pending: false,
      })),
      ...(leftovers.length > 0 ? {leftovers} : {}),
      ...(found.routes ? {proxy: proxyOf(found.routes)} : {}),
      drained: false,
    },
    house: {
      host: name,
      copies: [],
      fences: (found.fences ?? []).map(of => ({scope: of, number: 3})),
      volumes,
      aside: found.aside ?? [],
      images: found.images ?? [],
      made: containers.flatMap(({id, manifest}) => (manifest ? [{id, image: manifest.spec.image.name}] : [])),
      networkAges: new Map(Object.entries(networks)),
      snapshots: found.snapshots ?? [],
    },
    copies: found.copies ?? [],
  };
}

interface Wishes extends Partial<GcInput['options']> {
  readonly interrupted?: readonly string[];
  readonly unreachable?: readonly Extract<ObservedHost, {reachable: false}>[];
}

export function inputOf(lock: LockFile, hosts: readonly HousedHost[], wishes: Wishes = {}): GcInput {
  const {interrupted = [], unreachable = [], ...options} = wishes;
  return {
    project,
    lock,
    hosts,
    unreachable,
    naming,
    now,
    interrupted: new Set(interrupted),
    options: {
      olderThanMs: hour,
      only: 'all',
      volumes: [],
      keep: {releases: 3, days: 30},
      keepAsideMs: 7 * day,
      ...options,
    },
  };
}

export const planned = (lock: LockFile, found: Found, wishes: Wishes = {}) =>
  planGc(inputOf(lock, [host(found)], wishes));

/** In words: `container shop-default-web-1-00000a`. */
export const removed = (lock: LockFile, found: Found, wishes: Wishes = {}): readonly string[] =>
  planned(lock, found, wishes).remove.map(({what}) => what);

/** The host after these were removed. */
export function without(one: HousedHost, orphans: readonly Orphan[]): HousedHost {
  const gone = new Set(orphans.map(orphanKey));
  const has = (kind: string, what: string) => gone.has(`${one.observed.host} ${kind} ${what}`);
  const {observed, house} = one;
  const ids = new Set(observed.containers.flatMap(({id}) => (has('container', `container ${id}`) ? [id] : [])));
  const leftover = new Set(orphans.flatMap(orphan => (orphan.kind === 'leftover' ? [orphan.leftover] : [])));
  return {
    observed: {
      ...observed,
      containers: observed.containers.filter(({id}) => !ids.has(id)),
      networks: observed.networks.filter(({bridge}) => !has('network', `network ${bridge}`)),
      leftovers: (observed.leftovers ?? []).filter(each => !leftover.has(each)),
    },
    house: {
      ...house,
      made: house.made.filter(({id}) => !ids.has(id)),
      volumes: house.volumes.filter(
        ({folder}) => !(has('volume', `volume ${folder}`) || has('volume', `empty volume ${folder}`)),
      ),
      aside: house.aside.filter(({folder}) => !orphans.some(one => one.kind === 'aside' && one.folder === folder)),
      images: house.images.filter(({name}) => !has('image', `image ${name}`)),
      fences: house.fences.filter(({scope: of}) => !has('fence', `number of the lease of ${of}`)),
      snapshots: house.snapshots.filter(id => !has('leftover', `file system of ${id}`)),
    },
    copies: one.copies.filter(
      ({project: of, environment, state: {stack}}) =>
        !has('copy', `copy of the state of ${of}.${stack}.${environment}`),
    ),
  };
}
