import {servicesOf} from '../../environment-condition.ts';
import {appliedStack, type EnvironmentReplica, replicasOf} from '../../environment-replicas.ts';
import {environmentStatus} from '../../environment-status.ts';
import {withFleet} from '../../fleet.ts';
import {planHealing} from '../../heal-stack.ts';
import {healthOf} from '../../replica-health.ts';
import type {Session} from '../../session.ts';
import type {Service} from '../../spec/stack.ts';
import type {ServedService} from './environment-rows.ts';
import type {UnhealthyReplica, WatchedService} from './unhealthy-replicas.ts';

/** How an environment was found. */
export interface Look {
  /** What it takes to have again what was applied last. */
  readonly operations: readonly {
    readonly title: string;
    /** What it is about, the same whatever has to be done to it: `web/2@h1`, `network@h1`. */
    readonly part: string;
    readonly service?: string;
    readonly replica?: number;
  }[];
  /** What someone changed, or a host lost, for people. */
  readonly drift: readonly string[];
  readonly warnings: readonly string[];
  readonly services: readonly ServedService[];
  readonly watched: readonly WatchedService[];
  /** Enough replicas of each service run, or have begun to. */
  readonly starting: boolean;
  /** Why it is not as it should be, by what runs: `web 1 of 2`. */
  readonly why: string;
  readonly running: boolean;
  /** `SERVICE/N` that ended, and that their restart policy brings back. */
  readonly restarting: readonly string[];
  readonly containers: readonly string[];
}

export interface LookOptions {
  readonly moveLost: boolean;
  readonly signal: AbortSignal;
  readonly now: () => Date;
}

/** Looks at the hosts and holds them against what was applied last. Undefined: nothing was applied. Changes nothing. */
export function lookAtEnvironment(session: Session, options: LookOptions): Promise<Look | undefined> {
  const {hosts, ssh, environment, project} = session;
  const {signal, now} = options;
  const maxUnreachable = hosts.length;
  return withFleet(hosts, {maxUnreachable, signal, ssh}, async fleet => {
    const known = (await session.store.read()).environments[environment];
    const planned = await planHealing(session, fleet, {...options, maxUnreachable});
    if (!planned) return undefined;
    const {plan} = planned;
    const replicas = replicasOf(fleet.observed, {project: project.name, environment, known});
    const healths = await Promise.all(replicas.map(replica => healthOf(replica, fleet, now)));
    const services = servicesOf(replicas, replica => healths[replicas.indexOf(replica)]!, known);
    const {state, why} = environmentStatus(services, true);
    const unhealthy = replicas.flatMap(({service, replica, host, container}, index): readonly UnhealthyReplica[] =>
      healths[index] === 'unhealthy' && host !== undefined && container
        ? [{service, replica, host, container: container.id}]
        : [],
    );
    const stack = appliedStack(known);
    return {
      operations: plan.operations.map(({kind, action, host, service, replica, reason}) => ({
        title: `${action} ${service === undefined ? kind : `${service}${replica === undefined ? '' : ` ${replica}`}`} on ${host}: ${reason}`,
        part: `${service === undefined ? kind : `${service}/${replica ?? ''}`}@${host}`,
        ...(service !== undefined && {service}),
        ...(replica !== undefined && {replica}),
      })),
      drift: plan.drift.map(({service, replica, host, what}) =>
        service === undefined ? `${host}: ${what}` : `${service} ${replica} on ${host} ${what}`,
      ),
      warnings: plan.warnings,
      services: services.map(({service, wanted, good}) => ({service, wanted, good})),
      watched: services.map(({service, wanted, good}) => ({
        ...{service, wanted, good},
        unhealthy: unhealthy.filter(one => one.service === service && one.replica <= wanted),
        ...ruleOf(stack?.services.find(({name}) => name === service)),
      })),
      starting: services.some(({starting}) => starting > 0),
      running: state === 'running' || state === 'stopped',
      why,
      restarting: replicas.filter(({state: each}) => each === 'restarting').map(nameOf),
      containers: replicas.flatMap(({container}) => (container ? [container.id] : [])),
    };
  });
}

/** Data may need longer than any start period to be whole again: a service with volumes is left alone unless it says otherwise. */
function ruleOf(service: Service | undefined): Pick<WatchedService, 'needs' | 'looks'> {
  const {needs = [], health, volumes = [], onUnhealthy = volumes.length > 0 ? 'report' : 'replace'} = service ?? {};
  return {needs, ...(health && onUnhealthy === 'replace' && {looks: health.retries})};
}

const nameOf = ({service, replica}: EnvironmentReplica): string => `${service}/${replica}`;
