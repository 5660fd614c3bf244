import {setTimeout as sleep} from 'node:timers/promises';
import {appliedStack} from './environment-replicas.ts';
import type {Actions} from './executor/actions.ts';
import type {Present} from './executor/inverse.ts';
import type {Clock} from './executor/run-switch.ts';
import type {Traffic} from './executor/traffic.ts';
import {type RoutesBefore, trafficOf} from './executor/traffic-before.ts';
import {silentPeers} from './planner/named-peers.ts';
import {answersToName} from './planner/ownership.ts';
import {isListed, standsBy} from './planner/releases.ts';
import {splitOf} from './planner/split-weights.ts';
import type {ObservedHost} from './runtime/observed.ts';
import type {Session} from './session.ts';
import type {EnvironmentName, Service} from './spec/stack.ts';
import type {EnvironmentState, LockFile} from './state/lock-file.ts';
import {secretNames} from './state/secret-references.ts';
import type {SecretValue} from './state/secret-value.ts';

interface Asked {
  readonly project: string;
  readonly environment: EnvironmentName;
  /** The environment in the lock file; absent before the first apply. */
  readonly known: EnvironmentState | undefined;
}

/** The containers of an environment, as the hosts were seen, and who of them is known by name. */
export function presentNow(
  observed: readonly ObservedHost[],
  {project, environment, known}: Asked,
): readonly Present[] {
  return observed.flatMap(host =>
    host.reachable
      ? host.containers.flatMap((container): Present[] => {
          const {id, manifest, task} = container;
          if (manifest?.spec.project !== project || manifest.spec.environment !== environment) return [];
          const {spec} = manifest;
          const answers = answersToName(container);
          const listed = answers && isListed(known, spec);
          const waits = answers && standsBy(known, spec);
          return [
            {host: host.host, id, running: task === 'running', exists: task !== 'gone', listed, standsBy: waits, spec},
          ];
        })
      : [],
  );
}

/** What the proxies of an environment's hosts have, and how long its services are waited for. */
export function routesNow(
  observed: readonly ObservedHost[],
  {project, environment, known}: Asked,
  services: readonly Pick<Service, 'name' | 'update'>[],
): RoutesBefore {
  return {
    standing: observed.flatMap(host =>
      (host.reachable ? (host.proxy?.slices ?? []) : [])
        .filter(routes => routes.project === project && routes.environment === environment)
        .map(routes => ({host: host.host, routes})),
    ),
    splits: Object.entries(known?.releases ?? {}).flatMap(([service, record]) => splitOf(service, record) ?? []),
    drainMs: Object.fromEntries(
      services.flatMap(({name, update}) => (update.drainMs === undefined ? [] : [[name, update.drainMs]])),
    ),
  };
}

/** Who is sent to whom in an environment as the hosts were seen, to go on from. */
export function trafficNow(
  observed: readonly ObservedHost[],
  {project, environment}: Pick<Session, 'project' | 'environment'>,
  {environments}: LockFile,
  actions: Actions,
): Traffic {
  const known = environments[environment];
  const asked = {project: project.name, environment, known};
  const present = presentNow(observed, asked);
  return trafficOf([], {
    present,
    silent: silentNow(observed, asked, present),
    routes: routesNow(observed, asked, appliedStack(known)?.services ?? []),
    clock: wallClock,
    actions,
  });
}

/** Who stays listed although no host of it answers. */
export const silentNow = (observed: readonly ObservedHost[], {known}: Asked, present: readonly Present[]) =>
  silentPeers(
    observed,
    known,
    present.flatMap(({listed, spec}) => (listed && spec ? [spec] : [])),
  );

/** Values of the secrets that the routes of an environment refer to: each write of routes brings them along. */
export function routeSecrets(
  {project, environment, secrets}: Pick<Session, 'project' | 'environment' | 'secrets'>,
  observed: readonly ObservedHost[],
): Promise<ReadonlyMap<string, SecretValue>> {
  const {standing} = routesNow(observed, {project: project.name, environment, known: undefined}, []);
  const keys = standing.flatMap(({routes}) => routes.routes.flatMap(({tls}) => (tls.kind === 'own' ? [tls.key] : [])));
  return keys.length === 0 ? Promise.resolve(new Map()) : secrets.values(secretNames(keys));
}

/** This machine's. */
export const wallClock: Clock = {
  now: Date.now,
  sleep: (ms, signal) => sleep(ms, undefined, {signal}),
};
