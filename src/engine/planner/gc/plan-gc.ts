import type {House} from '../../runtime/house/house.ts';
import type {ObservedHost} from '../../runtime/observed.ts';
import type {EnvironmentName} from '../../spec/stack.ts';
import type {LockFile} from '../../state/lock-file.ts';
import type {PlanInput, Scope} from '../plan-input.ts';
import {orphanedAside} from './aside.ts';
import {orphanedContainers} from './containers.ts';
import type {GcPlan, Kept, Orphan} from './gc-plan.ts';
import {type ImageRule, knownDigests, releaseDigests, unneededImages} from './image-rule.ts';
import {mentions} from './mentions.ts';
import {orphanedLeftovers, orphanedNetworks, orphanedRoutes} from './networks.ts';
import {refuseLostState} from './refuse-gc.ts';
import {type HousedHost, Scopes, scopesOn} from './scopes.ts';
import {orphanedRecords, orphanedVolumes} from './storage.ts';

/** All that the plan of a housekeeping is made of. */
export interface GcInput {
  readonly project: string;
  readonly lock: LockFile;
  readonly hosts: readonly HousedHost[];
  readonly unreachable: readonly Extract<ObservedHost, {reachable: false}>[];
  readonly naming: PlanInput['naming'];
  readonly now: Date;
  /** Environments whose last change did not get to its end: what is theirs is left to `apply`. */
  readonly interrupted: ReadonlySet<EnvironmentName>;
  readonly options: GcOptions;
}

export interface GcOptions {
  /** What is younger may just be being made. */
  readonly olderThanMs: number;
  readonly only: 'all' | 'images';
  /** Environments, or ENV/VOLUME, whose volumes are removed with the data in them. */
  readonly volumes: readonly string[];
  readonly keep: ImageRule;
  /** What a restore replaced and could not remove stays for so long. */
  readonly keepAsideMs: number;
}

/** What each of the parts of the plan looks at. */
export interface GcSight extends GcInput {
  readonly scopes: Scopes;
  /** Whether what belongs to this environment may be removed. */
  readonly removable: (scope: Scope) => boolean;
  /** Every text in what the state says of a known environment. */
  readonly mentioned: (environment: EnvironmentName) => ReadonlySet<string>;
}

/**
 * What hosts have that no state knows. Nothing that the state mentions is ever in it, and nothing of another project or
 * another state. Errors: those of `refuseLostState`.
 */
export function planGc(input: GcInput): GcPlan {
  const {project, lock, hosts, unreachable, naming, interrupted, options} = input;
  refuseLostState(project, lock, hosts);
  const scopes = new Scopes(project, lock, naming, hosts);
  const texts = new Map(Object.entries(lock.environments).map(([name, state]) => [name, mentions(state)]));
  const sight: GcSight = {
    ...input,
    scopes,
    mentioned: environment => texts.get(environment) ?? new Set(),
    removable: scope => scopes.standing(scope) !== 'other' && !interrupted.has(scope.environment),
  };
  const volumes = orphanedVolumes(sight);
  const aside = orphanedAside(sight);
  const keptData = [...volumes.kept, ...aside.kept];
  const remove =
    options.only === 'images'
      ? []
      : [
          ...hosts.flatMap(host => orphanedRoutes(sight, host)),
          ...hosts.flatMap(host => orphanedContainers(sight, host)),
          ...hosts.flatMap(host => orphanedLeftovers(sight, host)),
          ...hosts.flatMap(host => orphanedNetworks(sight, host)),
          ...volumes.remove,
          ...aside.remove,
          ...hosts.flatMap(host => orphanedRecords(sight, host, keptData)),
        ];
  const leaving = new Set(
    remove.flatMap(orphan => (orphan.kind === 'container' ? [`${orphan.host} ${orphan.id}`] : [])),
  );
  return {
    project,
    serial: lock.serial,
    remove: [...remove, ...hosts.flatMap(host => images(sight, host, leaving))],
    kept: [
      ...(options.only === 'images' ? [] : keptData.map(({kept}) => kept)),
      ...hosts.flatMap(host => leftAlone(sight, host)),
    ],
    others: hosts.flatMap(host => ofOthers(sight, host)),
    unreachable: unreachable.map(({host, error}) => ({host, error})),
  };
}

/** `leaving`: `HOST ID` of containers that are removed with the same plan. */
function images(
  {project, lock, options}: GcSight,
  {observed, house, copies}: HousedHost,
  leaving: ReadonlySet<string>,
): readonly Orphan[] {
  const scopes = scopesOn({observed, house, copies});
  // A fence tells of a project that has nothing on the host yet, or any more. Who never applied has brought nothing.
  const projects = [...scopes.map(scope => scope.project), ...fencedProjects(house)];
  const alone = lock.serial > 0 && projects.every(name => name === project);
  const others = copies.filter(copy => copy.project !== project || copy.salt !== lock.salt);
  const kept = new Set([
    ...releaseDigests(lock, options.keep.releases),
    ...knownDigests({...lock, environments: Object.fromEntries(others.map(({state}, index) => [index, state]))}),
  ]);
  const inUse = new Set([
    ...house.made.flatMap(({id, image}) => (leaving.has(`${observed.host} ${id}`) ? [] : [image])),
    ...observed.containers
      .filter(({id}) => !leaving.has(`${observed.host} ${id}`))
      .flatMap(({manifest}) => (manifest ? [manifest.spec.image.name, manifest.spec.image.digest] : [])),
  ]);
  const situation = {images: house.images, inUse, kept, ours: knownDigests(lock), project, alone};
  return unneededImages(situation, {days: options.keep.days, olderThanMs: options.olderThanMs}).map(image => ({
    kind: 'image',
    host: observed.host,
    name: image.name,
    digest: image.digest,
    what: `image ${image.name}`,
    reason: `of no container, of none of the last ${options.keep.releases} releases, older than ${options.keep.days} days`,
    bytes: image.bytes,
  }));
}

const fencedProjects = ({fences}: House): readonly string[] => fences.map(({scope}) => scope.split('.')[0]!);

/** Environments that something is left alone of, with the reason. */
function leftAlone({project, scopes, interrupted}: GcSight, host: HousedHost): readonly Kept[] {
  const here = new Set(
    scopesOn(host)
      .filter(scope => scope.project === project)
      .map(({environment}) => environment),
  );
  return [...here].sort().flatMap((environment): Kept[] => {
    const what = `environment ${environment}`;
    if (scopes.foreign.has(environment)) {
      const why = 'another state of this project keeps it (niyanta state rebuild would take it in)';
      return [{host: host.observed.host, what, why}];
    }
    if (!interrupted.has(environment)) return [];
    return [
      {
        host: host.observed.host,
        what,
        why: 'its last change was interrupted, or cannot be read; niyanta apply goes on from there',
      },
    ];
  });
}

function ofOthers({project}: GcSight, host: HousedHost): GcPlan['others'] {
  const names = [...new Set(scopesOn(host).map(scope => scope.project))].filter(name => name !== project).sort();
  return names.map(name => ({
    host: host.observed.host,
    project: name,
    containers: host.observed.containers.filter(
      ({manifest, identity}) => (manifest?.spec ?? identity)?.project === name,
    ).length,
  }));
}
