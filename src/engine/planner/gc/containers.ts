import type {ObservedContainer} from '../../runtime/observed.ts';
import type {Orphan} from './gc-plan.ts';
import type {GcSight} from './plan-gc.ts';
import type {HousedHost} from './scopes.ts';

/** Containers of environments that are gone, and of known ones those that the state mentions nowhere. */
export function orphanedContainers(
  {scopes, removable, mentioned, lock, now, options}: GcSight,
  {observed: {host, containers}}: HousedHost,
): readonly Orphan[] {
  return containers.flatMap((container): Orphan[] => {
    const {id, manifest, identity} = container;
    const scope = manifest?.spec ?? identity;
    if (!scope || !removable(scope) || isYoung(container)) return [];
    const {environment} = scope;
    if (scopes.standing(scope) === 'known' && mentioned(environment).has(id)) return [];
    const reason = Object.hasOwn(lock.environments, environment)
      ? `environment ${environment} does not have it`
      : `no state knows environment ${environment}`;
    const stop = manifest ? {stop: manifest.spec.stop} : {};
    return [{kind: 'container', host, environment, id, ...stop, what: `container ${id}`, reason}];
  });

  function isYoung({manifest}: ObservedContainer): boolean {
    return manifest !== undefined && now.getTime() - Date.parse(manifest.createdAt) < options.olderThanMs;
  }
}
