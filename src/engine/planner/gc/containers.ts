import type {ObservedContainer} from '../../runtime/observed.ts';
import type {EnvironmentState} from '../../state/lock-file.ts';
import type {Orphan} from './gc-plan.ts';
import type {GcSight} from './plan-gc.ts';
import type {HousedHost} from './scopes.ts';

/** Containers of environments that are gone, and of known ones those that the state mentions nowhere. */
export function orphanedContainers(
  {scopes, removable, lock, now, options}: GcSight,
  {observed: {host, containers}}: HousedHost,
): readonly Orphan[] {
  return containers.flatMap((container): Orphan[] => {
    const {id, manifest, identity} = container;
    const scope = manifest?.spec ?? identity;
    if (!scope || !removable(scope) || isYoung(container)) return [];
    const {environment} = scope;
    const state = lock.environments[environment];
    if (scopes.standing(scope) === 'known' && (!state || mentions(state).has(id))) return [];
    const reason = state ? `environment ${environment} does not have it` : `no state knows environment ${environment}`;
    const stop = manifest ? {stop: manifest.spec.stop} : {};
    return [{kind: 'container', host, environment, id, ...stop, what: `container ${id}`, reason}];
  });

  function isYoung({manifest}: ObservedContainer): boolean {
    return manifest !== undefined && now.getTime() - Date.parse(manifest.createdAt) < options.olderThanMs;
  }
}

/** Every text in what the state says of an environment: what is named there in any way is not an orphan. */
export function mentions(state: EnvironmentState): ReadonlySet<string> {
  const texts = new Set<string>();
  const walk = (value: unknown): void => {
    if (typeof value === 'string') texts.add(value);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) {
        texts.add(key);
        walk(inner);
      }
    }
  };
  walk(state);
  return texts;
}
