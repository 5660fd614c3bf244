import type {Kept, Orphan} from './gc-plan.ts';
import type {GcSight} from './plan-gc.ts';
import {type HousedHost, scopeName, scopeOfName} from './scopes.ts';

/** Data that stays. */
export interface KeptVolume {
  readonly kept: Kept;
  readonly environment: string;
}

/**
 * Volumes of environments that are gone, and of known ones those that no stack in its history has. With data in them only
 * those go that were named; the others are told.
 */
export function orphanedVolumes({scopes, removable, mentioned, lock, hosts, options}: GcSight): {
  readonly remove: readonly Orphan[];
  readonly kept: readonly KeptVolume[];
} {
  const remove: Orphan[] = [];
  const kept: KeptVolume[] = [];
  for (const {observed, house} of hosts) {
    const {host} = observed;
    const mounted = new Set(
      observed.containers.flatMap(({manifest}) =>
        manifest && scopes.standing(manifest.spec) !== 'gone' ? manifest.spec.volumes.map(({source}) => source) : [],
      ),
    );
    for (const {folder, bytes, empty} of house.volumes) {
      const [owner = '', name = ''] = folder.split('/');
      const scope = scopeOfName(owner);
      if (!scope || !removable(scope) || [...mounted].some(source => source.endsWith(`/${folder}`))) continue;
      const {environment} = scope;
      const gone = scopes.standing(scope) === 'gone';
      if (!gone && (lock.environments[environment]?.stack !== scope.stack || mentioned(environment).has(name)))
        continue;
      const what = `${empty ? 'empty ' : ''}volume ${folder}`;
      const reason = gone
        ? `no state knows environment ${environment}`
        : `no stack of environment ${environment} has it`;
      const named = options.volumes.some(one => one === environment || one === `${environment}/${name}`);
      if (empty || named) {
        remove.push({
          kind: 'volume',
          host,
          environment,
          folder,
          empty,
          what,
          reason,
          ...(bytes === undefined ? {} : {bytes}),
        });
        continue;
      }
      const why = `it has data; niyanta gc --volumes ${gone ? environment : `${environment}/${name}`} removes it`;
      kept.push({environment, kept: {host, folder, what, why, ...(bytes === undefined ? {} : {bytes})}});
    }
  }
  return {remove, kept};
}

/** Copies of the state and numbers of leases, of environments that are gone. */
export function orphanedRecords(
  {scopes, removable, lock, project}: GcSight,
  {observed: {host}, house, copies}: HousedHost,
  keptVolumes: readonly KeptVolume[],
): readonly Orphan[] {
  // As long as its data is kept, a copy tells what it was of.
  const withData = new Set(keptVolumes.filter(({kept}) => kept.host === host).map(({environment}) => environment));
  const ofCopies = copies.flatMap((copy): Orphan[] => {
    const scope = {project: copy.project, stack: copy.state.stack, environment: copy.environment};
    const {environment} = scope;
    if (!removable(scope) || scopes.standing(scope) !== 'gone' || withData.has(environment)) return [];
    const name = scopeName(scope);
    const reason = `no state knows environment ${environment}`;
    return [{kind: 'copy', host, environment, name, what: `copy of the state of ${name}`, reason}];
  });
  const ofFences = house.fences.flatMap(({scope}): Orphan[] => {
    const [owner, environment = '', ...rest] = scope.split('.');
    // Those of housekeeping itself have a name that no environment can have.
    if (owner !== project || rest.length > 0 || environment.startsWith('_')) return [];
    if (Object.hasOwn(lock.environments, environment) || scopes.foreign.has(environment)) return [];
    if (!removable({project, stack: '', environment})) return [];
    const reason = `no state knows environment ${environment}`;
    return [{kind: 'fence', host, environment, scope, what: `number of the lease of ${scope}`, reason}];
  });
  return [...ofCopies, ...ofFences];
}
