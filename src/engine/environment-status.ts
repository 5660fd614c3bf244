/** What an environment is as a whole, and why, in words for people. */
export interface EnvironmentStatus {
  readonly state: 'pending' | 'running' | 'stopped' | 'degraded' | 'failed';
  readonly why: string;
}

export interface ServiceStatus {
  readonly service: string;
  /** Replicas that were asked for. */
  readonly wanted: number;
  /** Replicas that run and are not unhealthy or starting. */
  readonly good: number;
  /** Replicas that run but whose health check has not passed yet, within the start period. */
  readonly starting: number;
  /** Stopped on purpose, by `niyanta stop`. */
  readonly stopped: boolean;
}

/**
 * pending: never applied, or replicas are still starting. stopped: every service was stopped on purpose.
 * running: every replica that was asked for is good. failed: some service has none. degraded: anything between.
 */
export function environmentStatus(services: readonly ServiceStatus[], applied: boolean): EnvironmentStatus {
  if (!applied) return {state: 'pending', why: 'not applied yet'};
  const wanted = services.filter(service => service.wanted > 0);
  const meant = wanted.filter(service => !service.stopped);
  if (wanted.length > 0 && meant.length === 0) return {state: 'stopped', why: 'every service was stopped on purpose'};
  const down = meant.filter(service => service.good + service.starting === 0);
  if (down.length > 0)
    return {state: 'failed', why: `${list(down)} ${down.length === 1 ? 'has' : 'have'} no running replica`};
  const short = meant.filter(service => service.good + service.starting < service.wanted);
  if (short.length > 0) return {state: 'degraded', why: short.map(shortage).join(', ')};
  const starting = meant.filter(service => service.starting > 0);
  if (starting.length > 0) return {state: 'pending', why: `${list(starting)} still starting`};
  const stopped = wanted.filter(service => service.stopped);
  if (stopped.length > 0) return {state: 'running', why: `all but ${list(stopped)}, stopped on purpose`};
  return {state: 'running', why: 'every replica is running'};
}

const list = (services: readonly ServiceStatus[]): string => services.map(({service}) => service).join(', ');

const shortage = ({service, good, starting, wanted}: ServiceStatus): string =>
  `${service} ${good + starting} of ${wanted}`;
