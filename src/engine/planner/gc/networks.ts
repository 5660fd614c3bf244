import type {Leftover} from '../../runtime/leftovers/leftover.ts';
import {leftoverText} from '../leftovers.ts';
import type {Scope} from '../plan-input.ts';
import type {Orphan} from './gc-plan.ts';
import type {GcSight} from './plan-gc.ts';
import {type HousedHost, type Scopes, scopeName} from './scopes.ts';

/** What belongs to no container: of our environments, and what is old and nobody's. */
export function orphanedLeftovers(
  {scopes, removable}: GcSight,
  {observed: {host, containers, leftovers = []}, house}: HousedHost,
): readonly Orphan[] {
  const ids = new Set(containers.map(({id}) => id));
  const told = new Set(leftovers.flatMap(leftover => (leftover.kind === 'snapshot' ? [leftover.id] : [])));
  // A plan asks for file systems only where something does not run.
  const snapshots = house.snapshots
    .filter(id => !ids.has(id) && !told.has(id))
    .map((id): Leftover => ({kind: 'snapshot', id}));
  return [...leftovers, ...snapshots].flatMap((leftover): Orphan[] => {
    const owner = ownerOf(leftover, scopes);
    const orphan = {kind: 'leftover' as const, host, leftover, what: leftoverText(leftover)};
    const reason = 'it belongs to no container';
    if (owner) return removable(owner) ? [{...orphan, reason, environment: owner.environment}] : [];
    return mayBeTaken(leftover) ? [{...orphan, reason}] : [];
  });
}

function ownerOf(leftover: Leftover, scopes: Scopes): Scope | undefined {
  if ('bridge' in leftover && leftover.bridge !== undefined) return scopes.ofBridge(leftover.bridge);
  return 'id' in leftover ? scopes.ofId(leftover.id) : undefined;
}

/** Of what is nobody's that the host knows: someone may just be making it. */
function mayBeTaken(leftover: Leftover): boolean {
  switch (leftover.kind) {
    case 'files':
    case 'temporary':
      return leftover.old;
    case 'bridge':
    case 'ports':
      return true;
    default:
      return false;
  }
}

/** Parts of networks across hosts, of environments that are gone, and old ones that nothing on the host is on. */
export function orphanedNetworks(
  {scopes, removable, options}: GcSight,
  {observed: {host, containers, networks}, house}: HousedHost,
): readonly Orphan[] {
  const used = new Set(
    containers.flatMap(({manifest}) =>
      manifest && scopes.standing(manifest.spec) !== 'gone' ? [manifest.spec.network.bridge] : [],
    ),
  );
  return networks.flatMap(({bridge, subnet}): Orphan[] => {
    if (used.has(bridge)) return [];
    const owner = scopes.ofBridge(bridge);
    const young = (house.networkAges.get(bridge) ?? 0) < options.olderThanMs;
    if (young || (owner && !(removable(owner) && scopes.standing(owner) === 'gone'))) return [];
    const whose = owner ? `no state knows environment ${owner.environment}` : 'no container is on it';
    const of = owner ? {environment: owner.environment} : {};
    return [{kind: 'network', host, ...of, bridge, subnet, what: `network ${bridge}`, reason: whose}];
  });
}

/** What proxies still serve for environments that are gone. */
export function orphanedRoutes({scopes, removable}: GcSight, {observed: {host, proxy}}: HousedHost): readonly Orphan[] {
  return (proxy?.slices ?? []).flatMap(({project, stack, environment}): Orphan[] => {
    const scope = {project, stack, environment};
    if (!removable(scope) || scopes.standing(scope) !== 'gone') return [];
    const reason = `no state knows environment ${environment}`;
    return [{kind: 'routes', host, environment, scope, what: `routes of ${scopeName(scope)}`, reason}];
  });
}
