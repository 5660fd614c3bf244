import type {HostName, ServiceName} from '../../spec/stack.ts';

/** A replica that runs, and whose health check failed when it was looked at. */
export interface UnhealthyReplica {
  readonly service: ServiceName;
  readonly replica: number;
  readonly host: HostName;
  readonly container: string;
}

/** A service as it was looked at, with what its stack says of its health. */
export interface WatchedService {
  readonly service: ServiceName;
  readonly wanted: number;
  readonly good: number;
  readonly needs: readonly ServiceName[];
  readonly unhealthy: readonly UnhealthyReplica[];
  /** Looks in a row that have to find a replica unhealthy until it is replaced; absent: it is only reported. */
  readonly looks?: number;
}

/** How often a container was found unhealthy in a row, and when it was counted last (milliseconds of a monotonic clock). */
export interface Failing {
  readonly looks: number;
  readonly at: number;
}

/** Looks come in swarms when much happens: what is asked again so soon is no second opinion. */
const apartMs = 1000;

/** What was known of containers, and what a look found now: one that was found well, or is gone, begins anew. Pure. */
export function countFailures(
  before: ReadonlyMap<string, Failing>,
  services: readonly WatchedService[],
  now: number,
): ReadonlyMap<string, Failing> {
  const found = services.flatMap(({unhealthy}) => unhealthy);
  return new Map(
    found.map(({container}) => {
      const known = before.get(container);
      if (known && now - known.at < apartMs) return [container, known];
      return [container, {looks: (known?.looks ?? 0) + 1, at: now}];
    }),
  );
}

/**
 * Those that are replaced now: of each service one at most, the one that has been unhealthy for longest, and none while
 * another replica of it is missing or starts, or while a service that it needs is not well itself. Pure.
 */
export function toReplace(
  services: readonly WatchedService[],
  failing: ReadonlyMap<string, Failing>,
): readonly UnhealthyReplica[] {
  const ill = new Set(services.filter(({good, wanted}) => good < wanted).map(({service}) => service));
  return services.flatMap(({wanted, good, needs, unhealthy, looks}) => {
    if (looks === undefined || good + unhealthy.length < wanted || needs.some(needed => ill.has(needed))) return [];
    const often = (one: UnhealthyReplica): number => failing.get(one.container)?.looks ?? 0;
    const [worst] = [...unhealthy].sort((a, b) => often(b) - often(a) || a.replica - b.replica);
    return worst && often(worst) >= looks ? [worst] : [];
  });
}

/** What a healing of it puts right: all replicas of a service together, so that a cause that they share is not healed for ever. */
export const healthPart = ({service}: UnhealthyReplica): string => `health/${service}`;

export const unhealthyText = ({service, replica, host}: UnhealthyReplica): string =>
  `${service} ${replica} on ${host} is unhealthy`;
