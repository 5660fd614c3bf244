import type {EnvironmentReplica} from './environment-replicas.ts';
import type {Step} from './executor/graph.ts';
import {dependantsOf, needsOf} from './scheduler/needs-order.ts';
import type {Service} from './spec/stack.ts';

export type Verb = 'start' | 'stop' | 'restart';

/** One replica to be started, stopped or restarted, after others. */
export interface ReplicaOperation extends Step {
  /** `stop backend 2 on h1`. */
  readonly title: string;
  readonly replica: EnvironmentReplica;
}

type Needing = Pick<Service, 'name' | 'needs'>;

/**
 * What to do to which replicas, and after which others: what is needed starts first and stops last; restarting goes one
 * replica after another. Replicas that are as they shall be are left out, and those that cannot be reached.
 */
export function operationsOf(
  verb: Verb,
  replicas: readonly EnvironmentReplica[],
  services: readonly string[],
  needing: readonly Needing[],
): readonly ReplicaOperation[] {
  const chosen = replicas.filter(({service}) => services.includes(service)).filter(worth[verb]);
  const ids = new Map(chosen.map(replica => [idOf(verb, replica), replica]));
  const ordered = [...ids].sort(([, a], [, b]) => rank(a.service, needing) - rank(b.service, needing));
  return ordered.map(([id, replica], index) => ({
    id,
    host: replica.host!,
    title: `${verb} ${replica.service} ${replica.replica} on ${replica.host}`,
    replica,
    after:
      verb === 'restart'
        ? ordered.slice(0, index).map(([before]) => before)
        : idsOf(ordered, verb === 'start' ? needsOf(replica.service, needing) : dependants(replica.service, needing)),
  }));
}

/** With a container on a host that answers, and not as it shall be. */
const worth: Readonly<Record<Verb, (replica: EnvironmentReplica) => boolean>> = {
  start: replica => isThere(replica) && replica.state !== 'running',
  stop: replica => isThere(replica) && replica.state !== 'stopped',
  restart: isThere,
};

function isThere({container, state, host}: EnvironmentReplica): boolean {
  return host !== undefined && container?.manifest !== undefined && state !== 'missing' && state !== 'unknown';
}

const idOf = (verb: Verb, {host, service, replica, container}: EnvironmentReplica): string =>
  `${verb}:${host}:${service}-${replica}:${container?.id}`;

const idsOf = (all: readonly (readonly [string, EnvironmentReplica])[], services: ReadonlySet<string>): string[] =>
  all.flatMap(([id, {service}]) => (services.has(service) ? [id] : []));

const dependants = (service: string, needing: readonly Needing[]): ReadonlySet<string> =>
  new Set(dependantsOf(service, needing).map(({name}) => name));

/** How much a service needs: a service has more than each of those that it needs. */
const rank = (service: string, needing: readonly Needing[]): number => needsOf(service, needing).size;
