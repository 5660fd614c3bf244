import type {Manifest} from '../runtime/container-spec.ts';
import type {ObservedHost} from '../runtime/observed.ts';
import {UserError} from '../spec/errors.ts';
import type {EnvironmentName, HostName} from '../spec/stack.ts';
import type {EnvironmentState, LockFile, PinnedReference, Placement} from './lock-file.ts';
import {emptyLockFile} from './lock-file-schema.ts';

/** What a rebuild needs beside the hosts. */
export interface RebuildContext {
  readonly project: string;
  /** Of the old lock file when it could be told, so that secrets do not look changed. */
  readonly salt: string;
  /** At least; the manifests may know a higher one. */
  readonly serial: number;
  readonly who: string;
  readonly now: Date;
}

interface Found {
  readonly host: HostName;
  readonly manifest: Manifest;
}

/**
 * The lock file as the hosts know it: what their manifests say of this project. From which files a build was made they
 * do not tell, so that the next apply builds again; the history starts over. Errors: UserError `rebuild-two-stacks`.
 */
export function rebuildLockFile(hosts: readonly ObservedHost[], context: RebuildContext): LockFile {
  const found = hosts.flatMap(host => (host.reachable ? ofProject(host, context.project) : []));
  const serial = Math.max(context.serial, ...found.map(({manifest}) => manifest.serial));
  const names = [...new Set(found.map(({manifest}) => manifest.spec.environment))].sort();
  const environments = names.map((name): [EnvironmentName, EnvironmentState] => {
    const members = found.filter(({manifest}) => manifest.spec.environment === name);
    return [name, environmentOf(name, members, {...context, serial})];
  });
  return {
    ...emptyLockFile(context.project, context.salt),
    serial,
    environments: Object.fromEntries(environments),
  };
}

function ofProject(host: Extract<ObservedHost, {reachable: true}>, project: string): readonly Found[] {
  return host.containers.flatMap(({manifest}) =>
    manifest?.spec.project === project ? [{host: host.host, manifest}] : [],
  );
}

function environmentOf(name: EnvironmentName, found: readonly Found[], context: RebuildContext): EnvironmentState {
  const [stack, other] = [...new Set(found.map(({manifest}) => manifest.spec.stack))].sort();
  if (other !== undefined) throw twoStacks(name, stack!, other);
  const replicas = newestOfEachReplica(found);
  const summary = `${replicas.length} found on ${new Set(replicas.map(({host}) => host)).size} hosts`;
  return {
    stack: stack!,
    // Hosts refuse numbers below those they saw. Seconds since 1970 are above any count of applies.
    fence: Math.floor(context.now.getTime() / 1000),
    images: imagesOf(found),
    subnets: Object.fromEntries(replicas.map(({host, manifest}) => [host, manifest.spec.network.subnet])),
    placements: placementsOf(replicas),
    stopped: stoppedOf(replicas),
    history: [
      {
        serial: context.serial + 1,
        at: context.now.toISOString(),
        who: context.who,
        action: 'rebuild',
        outcome: 'applied',
        summary,
      },
    ],
  };
}

// During an update a replica has two containers; the newer one is what was wanted last.
function newestOfEachReplica(found: readonly Found[]): readonly Found[] {
  const newest = new Map<string, Found>();
  for (const one of [...found].sort((a, b) => (age(a) < age(b) ? -1 : 1))) {
    newest.set(`${one.manifest.spec.service} ${one.manifest.spec.replica}`, one);
  }
  return [...newest.values()];
}

const age = ({manifest}: Found): string => `${manifest.createdAt} ${manifest.spec.id}`;

function imagesOf(found: readonly Found[]): Record<string, PinnedReference> {
  const images: Record<string, PinnedReference> = {};
  for (const {manifest} of [...found].sort((a, b) => (age(a) < age(b) ? -1 : 1))) {
    const {source, digest} = manifest.spec.image;
    images[source] = {digest, resolvedAt: manifest.createdAt};
  }
  return images;
}

function placementsOf(found: readonly Found[]): Record<string, readonly Placement[]> {
  const byService = Map.groupBy(found, ({manifest}) => manifest.spec.service);
  return Object.fromEntries(
    [...byService].map(([service, members]) => [
      service,
      members
        .map(({host, manifest: {spec}}) => ({
          replica: spec.replica,
          host,
          address: spec.network.address,
          container: spec.id,
          ports: spec.ports.map(port => port.host),
        }))
        .sort((a, b) => a.replica - b.replica),
    ]),
  );
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
