import {byAge, type Found, newestOfEachReplica, placementsOf} from './placements.ts';
import type {ObservedHost} from './runtime/observed.ts';
import {UserError} from './spec/errors.ts';
import type {EnvironmentName} from './spec/stack.ts';
import type {EnvironmentState, LockFile, PinnedReference} from './state/lock-file.ts';
import {emptyLockFile} from './state/lock-file-schema.ts';

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

function imagesOf(found: readonly Found[]): Record<string, PinnedReference> {
  const images: Record<string, PinnedReference> = {};
  for (const {manifest} of [...found].sort(byAge)) {
    const {source, digest} = manifest.spec.image;
    images[source] = {digest, resolvedAt: manifest.createdAt};
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
