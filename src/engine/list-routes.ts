import {replicasOf} from './environment-replicas.ts';
import {withFleet} from './fleet.ts';
import {healthOf, type ReplicaHealth} from './replica-health.ts';
import type {Session} from './session.ts';
import {routeName} from './spec/route.ts';

/** A replica that a proxy sends requests to. */
export interface RoutedReplica {
  /** Absent where the container is not known any more. */
  readonly replica?: number;
  readonly host?: string;
  readonly address: string;
  readonly health: ReplicaHealth;
  /** Percent of the requests. */
  readonly share: number;
}

/** A route as one host's proxy has it. */
export interface RouteRow {
  readonly route: string;
  readonly proxy: string;
  /** `running`: it serves what its files say. `stale`: it does not, or not yet. `stopped`: it does not run. */
  readonly state: 'running' | 'stale' | 'stopped';
  readonly tls: 'auto' | 'internal' | 'off' | 'own';
  readonly service: string;
  readonly port: number;
  readonly replicas: readonly RoutedReplica[];
}

/** What `route ls` shows of one environment. */
export interface ShownRoutes {
  readonly stack: string;
  readonly environment: string;
  readonly routes: readonly RouteRow[];
  /** Hosts of the project that do not answer. */
  readonly unreachable: readonly {readonly host: string; readonly error: string}[];
}

export interface ListRoutesOptions {
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

/** What each host's proxy serves of an environment, by which replicas, and how these are now. */
export async function listRoutes(session: Session, {now, signal}: ListRoutesOptions): Promise<ShownRoutes> {
  const {hosts, ssh, project, environment} = session;
  const lock = await session.store.read();
  const known = lock.environments[environment];
  return withFleet(hosts, {maxUnreachable: Number.POSITIVE_INFINITY, signal, ssh}, async fleet => {
    const replicas = replicasOf(fleet.observed, {project: project.name, environment, known});
    const slices = fleet.observed.flatMap(host =>
      host.reachable && host.proxy
        ? host.proxy.slices
            .filter(slice => slice.project === project.name && slice.environment === environment)
            .map(slice => ({host: host.host, proxy: host.proxy!, slice}))
        : [],
    );
    const asked = new Map<string, Promise<ReplicaHealth>>();
    const health = (id: string): Promise<ReplicaHealth> => {
      const replica = replicas.find(({container}) => container?.id === id);
      const answer = asked.get(id) ?? (replica ? healthOf(replica, fleet, now) : Promise.resolve('unknown' as const));
      asked.set(id, answer);
      return answer;
    };
    const rows = slices.flatMap(({host, proxy, slice}) =>
      slice.routes.map(async (route): Promise<RouteRow> => {
        const total = route.upstreams.reduce((sum, {weight}) => sum + weight, 0);
        return {
          route: routeName(route),
          proxy: host,
          state: !proxy.running ? 'stopped' : proxy.serving ? 'running' : 'stale',
          tls: route.tls.kind,
          service: route.service,
          port: route.port,
          replicas: await Promise.all(
            route.upstreams.map(async ({id, address, weight}) => {
              const found = replicas.find(({container}) => container?.id === id);
              const share = total === 0 ? 0 : (weight / total) * 100;
              return {replica: found?.replica, host: found?.host, address, health: await health(id), share};
            }),
          ),
        };
      }),
    );
    return {
      stack: known?.stack ?? project.name,
      environment,
      routes: (await Promise.all(rows)).sort((a, b) =>
        a.route < b.route ? -1 : a.route > b.route ? 1 : a.proxy < b.proxy ? -1 : 1,
      ),
      unreachable: fleet.observed.flatMap(host => (host.reachable ? [] : [{host: host.host, error: host.error}])),
    };
  });
}
