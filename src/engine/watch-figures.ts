import {setTimeout as sleep} from 'node:timers/promises';
import {type EnvironmentReplica, replicasOf} from './environment-replicas.ts';
import {type Figures, figuresOf, type HostLook, hasChanged, lookAtFigures, type ReplicaFigures} from './figures.ts';
import {type Fleet, withFleet} from './fleet.ts';
import {parseLogLine, readLog} from './runtime/logs.ts';
import type {ObservedHost} from './runtime/observed.ts';
import {selectReplicas} from './select-replicas.ts';
import type {Session} from './session.ts';
import {isAway} from './steady-stream.ts';

export interface WatchFiguresOptions {
  /** `backend`, `backend/2`; all when empty. */
  readonly services: readonly string[];
  /** Milliseconds from one round to the next. */
  readonly intervalMs: number;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

export interface FiguresSource {
  readonly rounds: AsyncIterable<Figures>;
  /** The last lines that a replica printed, oldest first, as they are; none when its host does not answer. */
  lastLines(row: ReplicaFigures, count: number): Promise<readonly string[]>;
}

/** The first two looks that CPU is counted from are so far apart. Milliseconds. */
const firstMs = 250;
/** Hosts are looked at closely this often, whatever happens: who shall be there, what is stopped on purpose. Milliseconds. */
const closelyMs = 30_000;

/** Lets `use` watch what the replicas of an environment use, over the same connections. */
export function withFigures<T>(
  session: Session,
  options: WatchFiguresOptions,
  use: (source: FiguresSource) => Promise<T>,
): Promise<T> {
  const {hosts, ssh} = session;
  return withFleet(hosts, {maxUnreachable: Number.POSITIVE_INFINITY, signal: options.signal, ssh}, fleet =>
    use({
      rounds: rounds(session, fleet, options),
      async lastLines({host, container}, count) {
        if (container === '') return [];
        try {
          const {stdout} = await fleet
            .connection(host)
            .run(readLog(container, {tail: count}), {signal: options.signal});
          return stdout.split('\n').flatMap(line => parseLogLine(line)?.text ?? []);
        } catch (error) {
          if (isAway(error) || options.signal.aborted) return [];
          throw error;
        }
      },
    }),
  );
}

async function* rounds(session: Session, fleet: Fleet, options: WatchFiguresOptions): AsyncGenerator<Figures> {
  const {signal, intervalMs, now} = options;
  const ignored = new Set<string>();
  let known = await closeLook(session, fleet.observed, options);
  let closely = performance.now() + closelyMs;
  let before = await looks(fleet, signal);
  await sleep(firstMs, undefined, {signal}).catch(() => undefined);
  while (!signal.aborted) {
    const round = await looks(fleet, signal);
    if (performance.now() >= closely || hasChanged(known.all, round, ignored)) {
      known = await closeLook(session, await fleet.observe(), options);
      closely = performance.now() + closelyMs;
      // Those who are still not known belong to others.
      const own = new Set(known.all.map(({container}) => container?.id));
      for (const {states} of round.values()) for (const id of states.keys()) if (!own.has(id)) ignored.add(id);
    }
    const unreachable = known.observed.flatMap(({host}) => (round.has(host) ? [] : [host]));
    const replicas = known.replicas.map(replica => figuresOf(replica, before, round));
    yield {stack: known.stack, environment: session.environment, at: now().toISOString(), replicas, unreachable};
    before = round;
    await sleep(intervalMs, undefined, {signal}).catch(() => undefined);
  }
}

interface Known {
  readonly stack: string;
  readonly observed: readonly ObservedHost[];
  readonly all: readonly EnvironmentReplica[];
  /** Those that are asked for. */
  readonly replicas: readonly EnvironmentReplica[];
}

async function closeLook(
  session: Session,
  observed: readonly ObservedHost[],
  {services}: WatchFiguresOptions,
): Promise<Known> {
  const {environment, project} = session;
  const known = (await session.store.read()).environments[environment];
  const all = replicasOf(observed, {project: project.name, environment, known});
  return {stack: known?.stack ?? project.name, observed, all, replicas: selectReplicas(all, services, environment)};
}

/** All hosts that were there at the beginning, at once; those that do not answer now are left out. */
async function looks(fleet: Fleet, signal: AbortSignal): Promise<ReadonlyMap<string, HostLook>> {
  const answers = await Promise.all(
    fleet.observed.map(async ({host, reachable}) => {
      if (!reachable) return [];
      try {
        return [[host, await lookAtFigures(fleet.connection(host), {signal})] as const];
      } catch (error) {
        if (isAway(error) || signal.aborted) return [];
        throw error;
      }
    }),
  );
  return new Map(answers.flat());
}
