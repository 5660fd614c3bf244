import {byAge, type Found, newestOfEachReplica, placementsOf} from './placements.ts';
import type {Identity, ObservedHost, ReachableHost} from './runtime/observed.ts';
import {UserError} from './spec/errors.ts';
import type {EnvironmentName, HostName, ServiceName} from './spec/stack.ts';
import type {EnvironmentCopy} from './state/environment-copy.ts';
import {appendHistory} from './state/history.ts';
import type {EnvironmentState, LockFile, PinnedReference, Placement} from './state/lock-file.ts';
import {emptyLockFile} from './state/lock-file-schema.ts';
import type {SealedSecrets} from './state/sealed-secrets.ts';

/** What a rebuild needs beside the hosts. */
export interface RebuildContext {
  readonly project: string;
  /** That of the old lock file when `saltKnown`, so that secrets do not look changed. */
  readonly salt: string;
  readonly saltKnown: boolean;
  /** Those of the old lock file: hosts do not know them. */
  readonly secrets?: SealedSecrets;
  /** At least; manifests and copies may know a higher one. */
  readonly serial: number;
  /** What hosts keep of the state, the newest of each environment. */
  readonly copies: readonly EnvironmentCopy[];
  readonly who: string;
  readonly now: Date;
}

/**
 * The lock file as the hosts know it: manifests say what is there now, the copies of the state that hosts keep say what
 * manifests do not: history with stacks to go back to, the builds behind digests, what was stopped, the salt. Without a
 * copy the next apply builds again, and the history starts over. Errors: UserError `rebuild-two-stacks`.
 */
export function rebuildLockFile(hosts: readonly ObservedHost[], context: RebuildContext): LockFile {
  const {project, copies} = context;
  const found = hosts.flatMap(host => (host.reachable ? ofProject(host, project) : []));
  const nameless = hosts.flatMap(host => (host.reachable ? withoutManifest(host, project) : []));
  const serial = Math.max(
    context.serial,
    ...found.map(({manifest}) => manifest.serial),
    ...copies.map(copy => copy.serial),
  );
  const names = new Set([
    ...found.map(({manifest}) => manifest.spec.environment),
    ...nameless.map(({identity}) => identity.environment),
    ...copies.map(copy => copy.environment),
  ]);
  const environments = [...names].sort().map((name): [EnvironmentName, EnvironmentState] => [
    name,
    environmentOf(
      name,
      {
        found: found.filter(({manifest}) => manifest.spec.environment === name),
        nameless: nameless.filter(({identity}) => identity.environment === name),
        copy: copies.find(({environment}) => environment === name)?.state,
      },
      {...context, serial},
    ),
  ]);
  const newest = [...copies].sort((a, b) => b.serial - a.serial)[0];
  const salt = context.saltKnown ? context.salt : (newest?.salt ?? context.salt);
  return {
    ...emptyLockFile(project, salt),
    serial,
    environments: Object.fromEntries(environments),
    ...(context.secrets && {secrets: context.secrets}),
  };
}

function ofProject(host: ReachableHost, project: string): readonly Found[] {
  return host.containers.flatMap(({manifest}) =>
    manifest?.spec.project === project ? [{host: host.host, manifest}] : [],
  );
}

/** A container of which only its labels tell whose it is. */
interface Nameless {
  readonly host: HostName;
  readonly id: string;
  readonly identity: Identity;
}

function withoutManifest(host: ReachableHost, project: string): readonly Nameless[] {
  return host.containers.flatMap(({id, manifest, identity}) =>
    !manifest && identity?.project === project ? [{host: host.host, id, identity}] : [],
  );
}

/** Everything that is known of one environment. */
interface Known {
  readonly found: readonly Found[];
  readonly nameless: readonly Nameless[];
  readonly copy?: EnvironmentState;
}

function environmentOf(
  name: EnvironmentName,
  {found, nameless, copy}: Known,
  context: RebuildContext,
): EnvironmentState {
  const stacks = new Set([
    ...found.map(({manifest}) => manifest.spec.stack),
    ...nameless.map(({identity}) => identity.stack),
  ]);
  const [stack = copy?.stack, other] = [...stacks].sort();
  if (other !== undefined) throw twoStacks(name, stack!, other);
  const replicas = newestOfEachReplica(found);
  const services = new Set(replicas.map(({manifest}) => manifest.spec.service));
  const remembered = (copy?.stopped ?? []).filter(service => !services.has(service));
  return {
    stack: stack!,
    // Hosts refuse numbers below those they saw. Milliseconds since 1970 are above any count of applies.
    fence: Math.max(context.now.getTime(), copy?.fence ?? 0),
    images: {...copy?.images, ...imagesOf(found, copy?.images)},
    subnets: {
      ...copy?.subnets,
      ...Object.fromEntries(replicas.map(({host, manifest}) => [host, manifest.spec.network.subnet])),
    },
    placements: withRemembered(placementsOf(replicas), copy?.placements ?? {}, nameless),
    stopped: [...stoppedOf(replicas), ...remembered].sort(),
    history: appendHistory(copy?.history ?? [], {
      serial: context.serial + 1,
      at: context.now.toISOString(),
      who: context.who,
      action: 'rebuild',
      outcome: 'applied',
      summary: summaryOf(replicas, nameless, copy),
    }),
  };
}

function summaryOf(replicas: readonly Found[], nameless: readonly Nameless[], copy?: EnvironmentState): string {
  const hosts = new Set([...replicas, ...nameless].map(({host}) => host));
  const without = nameless.length > 0 ? `, ${nameless.length} of them without a manifest` : '';
  const history = copy ? '' : '; no copy of the history';
  return `${replicas.length + nameless.length} found on ${hosts.size} hosts${without}${history}`;
}

/** Placements of containers whose manifest is lost, as the copy tells them: labels do not say addresses. */
function withRemembered(
  placements: EnvironmentState['placements'],
  remembered: EnvironmentState['placements'],
  nameless: readonly Nameless[],
): EnvironmentState['placements'] {
  const all: Record<ServiceName, readonly Placement[]> = {...placements};
  for (const {host, id, identity} of nameless) {
    const known = all[identity.service] ?? [];
    const placement = remembered[identity.service]?.find(one => one.container === id && one.host === host);
    if (!placement || known.some(({replica}) => replica === placement.replica)) continue;
    all[identity.service] = [...known, placement].sort((a, b) => a.replica - b.replica);
  }
  return all;
}

/** The newest pin of each source; a copy that knows the same digest also knows which files it was built from. */
function imagesOf(found: readonly Found[], known: EnvironmentState['images'] = {}): Record<string, PinnedReference> {
  const images: Record<string, PinnedReference> = {};
  for (const {manifest} of [...found].sort(byAge)) {
    const {source, digest} = manifest.spec.image;
    images[source] = known[source]?.digest === digest ? known[source] : {digest, resolvedAt: manifest.createdAt};
  }
  return images;
}

/** A service counts as stopped when all of it is. */
function stoppedOf(found: readonly Found[]): readonly string[] {
  const byService = Map.groupBy(found, ({manifest}) => manifest.spec.service);
  return [...byService]
    .filter(([, members]) => members.every(({manifest}) => manifest.stopped))
    .map(([service]) => service)
    .sort();
}

function twoStacks(environment: EnvironmentName, a: string, b: string): UserError {
  return new UserError({
    code: 'rebuild-two-stacks',
    message: `on the hosts, environment "${environment}" has containers of two stacks: ${a} and ${b}`,
    hint: 'A project has one stack an environment. Remove those that should not be there on the hosts, then rebuild again.',
  });
}
