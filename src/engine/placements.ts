import type {Manifest} from './runtime/container-spec.ts';
import type {ObservedHost} from './runtime/observed.ts';
import type {EnvironmentName, HostName, ServiceName} from './spec/stack.ts';
import type {Placement} from './state/lock-file.ts';

/** A container's manifest and the host it was found on. */
export interface Found {
  readonly host: HostName;
  readonly manifest: Manifest;
}

/** The manifests of one environment on the hosts that answered. */
export function foundOf(
  observed: readonly ObservedHost[],
  project: string,
  environment: EnvironmentName,
): readonly Found[] {
  return observed.flatMap(host =>
    host.reachable
      ? host.containers.flatMap(({manifest}) =>
          manifest?.spec.project === project && manifest.spec.environment === environment
            ? [{host: host.host, manifest}]
            : [],
        )
      : [],
  );
}

// During an update a replica has two containers; the newer one is what was wanted last.
export function newestOfEachReplica(found: readonly Found[]): readonly Found[] {
  const newest = new Map<string, Found>();
  for (const one of [...found].sort(byAge)) {
    newest.set(`${one.manifest.spec.service} ${one.manifest.spec.replica}`, one);
  }
  return [...newest.values()];
}

/** Oldest first; containers of the same moment by id. */
export const byAge = (a: Found, b: Found): number => (age(a) < age(b) ? -1 : 1);

const age = ({manifest}: Found): string => `${manifest.createdAt} ${manifest.spec.id}`;

/** Where each replica is, by service. */
export function placementsOf(found: readonly Found[]): Record<ServiceName, readonly Placement[]> {
  const byService = Map.groupBy(found, ({manifest}) => manifest.spec.service);
  return Object.fromEntries(
    [...byService].map(([service, members]) => [
      service,
      members.map(placementOf).sort((a, b) => a.replica - b.replica),
    ]),
  );
}

const placementOf = ({host, manifest: {spec}}: Found): Placement => ({
  replica: spec.replica,
  host,
  address: spec.network.address,
  container: spec.id,
  ports: spec.ports.map(port => port.host),
});

/** Where each replica is now: as observed, and as remembered on hosts that did not answer. */
export function placementsNow(
  observed: readonly ObservedHost[],
  project: string,
  environment: EnvironmentName,
  before: Readonly<Record<ServiceName, readonly Placement[]>>,
): Record<ServiceName, readonly Placement[]> {
  const placements = placementsOf(newestOfEachReplica(foundOf(observed, project, environment)));
  const silent = new Set(observed.filter(host => !host.reachable).map(({host}) => host));
  for (const [service, remembered] of Object.entries(before)) {
    const known = placements[service] ?? [];
    const lost = remembered.filter(
      ({host, replica}) => silent.has(host) && !known.some(placement => placement.replica === replica),
    );
    if (lost.length > 0) placements[service] = [...known, ...lost].sort((a, b) => a.replica - b.replica);
  }
  return placements;
}
