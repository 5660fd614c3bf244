import {appliedStack, type EnvironmentReplica, wantedReplicas} from './environment-replicas.ts';
import {type EnvironmentStatus, environmentStatus, type ServiceStatus} from './environment-status.ts';
import type {ReplicaHealth} from './replica-health.ts';
import type {EnvironmentState} from './state/lock-file.ts';

/** What an environment is as a whole, out of what its replicas are. */
export function conditionOf(
  replicas: readonly EnvironmentReplica[],
  health: (replica: EnvironmentReplica) => ReplicaHealth,
  known: EnvironmentState | undefined,
): EnvironmentStatus {
  const services = servicesOf(replicas, health, known);
  const applied = appliedStack(known) !== undefined || replicas.length > 0;
  const {state, why} = environmentStatus(services, applied);
  const silent = [...new Set(replicas.flatMap(({state: each, host}) => (each === 'unknown' && host ? [host] : [])))];
  if (silent.length === 0) return {state, why};
  return {state, why: `${why}; ${silent.join(', ')} ${silent.length === 1 ? 'does' : 'do'} not answer`};
}

/** Each service that is wanted, with how its replicas are. */
export function servicesOf(
  replicas: readonly EnvironmentReplica[],
  health: (replica: EnvironmentReplica) => ReplicaHealth,
  known: EnvironmentState | undefined,
): readonly ServiceStatus[] {
  return [...wantedReplicas(known)].map(([service, wanted]) => {
    const own = replicas.filter(replica => replica.service === service && replica.replica <= wanted);
    const good = own.filter(replica => isGood(replica, health(replica)));
    const starting = own.filter(replica => replica.state === 'running' && health(replica) === 'starting');
    const stopped = known?.stopped.includes(service) || (own.length > 0 && own.every(one => one.state === 'stopped'));
    return {service, wanted, good: distinct(good), starting: distinct(starting), stopped};
  });
}

/** Runs and is not known to be ill, or has run to the end that it is for. */
function isGood({state}: EnvironmentReplica, health: ReplicaHealth): boolean {
  return state === 'exited' || (state === 'running' && (health === 'healthy' || health === 'none'));
}

/** During an update a replica has two containers. */
const distinct = (replicas: readonly EnvironmentReplica[]): number => new Set(replicas.map(one => one.replica)).size;
