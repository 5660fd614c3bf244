import type {ObservedContainer, ObservedHost} from './runtime/observed.ts';
import type {EnvironmentName, HostName, ServiceName, Stack} from './spec/stack.ts';
import type {EnvironmentState, HistoryEntry} from './state/lock-file.ts';

/**
 * running, paused. stopped: on purpose. restarting: it ended, and its restart policy brings it back. exited: it ended,
 * and its policy leaves it so. failed: nothing of it runs although it should. missing: there is no container.
 * unknown: its host does not answer.
 */
export type ReplicaState =
  | 'running'
  | 'paused'
  | 'stopped'
  | 'restarting'
  | 'exited'
  | 'failed'
  | 'missing'
  | 'unknown';

/** One replica of an environment: wanted, remembered by the lock file, or found on a host. */
export interface EnvironmentReplica {
  readonly service: ServiceName;
  readonly replica: number;
  /** Absent for one that was never placed. */
  readonly host?: HostName;
  /** In the environment's network; absent when it has no container. */
  readonly address?: string;
  /** Absent when it is not there, or its host does not answer. */
  readonly container?: ObservedContainer;
  readonly state: ReplicaState;
}

interface Asked {
  readonly project: string;
  readonly environment: EnvironmentName;
  /** The environment in the lock file; absent before the first apply. */
  readonly known?: EnvironmentState;
}

/** Every replica of an environment, sorted by service and replica: found, and remembered or wanted but not found. */
export function replicasOf(observed: readonly ObservedHost[], asked: Asked): readonly EnvironmentReplica[] {
  const found = foundReplicas(observed, asked);
  const has = (service: ServiceName, replica: number, list: readonly EnvironmentReplica[]) =>
    list.some(one => one.service === service && one.replica === replica);
  const silent = new Set(observed.filter(host => !host.reachable).map(({host}) => host));
  const placed = Object.entries(asked.known?.placements ?? {}).flatMap(([service, placements]) =>
    placements
      .filter(({replica}) => !has(service, replica, found))
      .map(({replica, host, address}): EnvironmentReplica => {
        return {service, replica, host, address, state: silent.has(host) ? 'unknown' : 'missing'};
      }),
  );
  const there = [...found, ...placed];
  const nowhere = [...wantedReplicas(asked.known)].flatMap(([service, count]) =>
    Array.from({length: count}, (_, index) => index + 1)
      .filter(replica => !has(service, replica, there))
      .map((replica): EnvironmentReplica => ({service, replica, state: 'missing'})),
  );
  return [...there, ...nowhere].sort(byServiceAndReplica);
}

/** How many replicas each service shall have: by what was applied last, else by where they were put. */
export function wantedReplicas(known: EnvironmentState | undefined): ReadonlyMap<ServiceName, number> {
  const stack = appliedStack(known);
  if (stack) return new Map(stack.services.map(({name, replicas}) => [name, replicas]));
  return new Map(Object.entries(known?.placements ?? {}).map(([service, placements]) => [service, placements.length]));
}

/** The stack that was applied last; none before the first apply and after destroy. */
export const appliedStack = (known: EnvironmentState | undefined): Stack | undefined => newestApplied(known)?.stack;

/** The line of history with the stack that was applied last, or of the destroy that ended it. */
export const newestApplied = (known: EnvironmentState | undefined): HistoryEntry | undefined =>
  known?.history.findLast(
    ({stack, action, outcome}) => stack !== undefined || (action === 'destroy' && outcome === 'applied'),
  );

function foundReplicas(observed: readonly ObservedHost[], {project, environment, known}: Asked): EnvironmentReplica[] {
  const placements = Object.entries(known?.placements ?? {}).flatMap(([service, list]) =>
    list.map(placement => ({service, ...placement})),
  );
  return observed.flatMap(host => {
    if (!host.reachable) return [];
    return host.containers.flatMap((container): EnvironmentReplica[] => {
      const spec = container.manifest?.spec;
      if (spec && (spec.project !== project || spec.environment !== environment)) return [];
      const placement = placements.find(one => one.host === host.host && one.container === container.id);
      const {service, replica} = spec ?? placement ?? {};
      if (service === undefined || replica === undefined) return [];
      const address = spec?.network.address ?? placement?.address;
      const state = stateOf(container, known?.stopped.includes(service) ?? false);
      return [{service, replica, host: host.host, address, container, state}];
    });
  });
}

function stateOf({task, manifest, exitCode}: ObservedContainer, stopped: boolean): ReplicaState {
  if (task === 'running' || task === 'paused') return task;
  if (task === 'gone') return 'missing';
  if (stopped || manifest?.stopped) return 'stopped';
  const restart = manifest?.spec.restart ?? 'always';
  if (restart === 'never') return 'exited';
  // Without a code it has not failed: containerd would have started it again by now.
  if (restart === 'on-failure' && task === 'stopped' && (exitCode ?? 0) === 0) return 'exited';
  return task === 'stopped' ? 'restarting' : 'failed';
}

const byServiceAndReplica = (a: EnvironmentReplica, b: EnvironmentReplica): number =>
  a.service < b.service ? -1 : a.service > b.service ? 1 : a.replica - b.replica;
