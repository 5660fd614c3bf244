import {setTimeout as sleep} from 'node:timers/promises';
import {conditionOf} from './environment-condition.ts';
import {type EnvironmentReplica, replicasOf} from './environment-replicas.ts';
import type {EnvironmentStatus} from './environment-status.ts';
import {type Fleet, withFleet} from './fleet.ts';
import {healthOf, type ReplicaHealth} from './replica-health.ts';
import {type ReplicaUsage, usageOn} from './replica-usage.ts';
import type {TaskEnd} from './runtime/exit-code.ts';
import {exitReason} from './runtime/exit-reason.ts';
import type {ObservedHost} from './runtime/observed.ts';
import {selectReplicas} from './select-replicas.ts';
import type {Session} from './session.ts';
import type {PublishedPort} from './spec/stack.ts';
import type {EnvironmentState} from './state/lock-file.ts';

/** One replica as `ps` shows it; times RFC 3339, sizes in bytes, CPU in cores. */
export interface ReplicaRow {
  readonly service: string;
  readonly replica: number;
  /** Empty for one that was never placed. */
  readonly host: string;
  readonly state: EnvironmentReplica['state'];
  readonly health: ReplicaHealth;
  readonly restarts: number;
  /** As people wrote it. */
  readonly image: string;
  readonly address: string;
  /** `80:8080`, `127.0.0.1:53:53/udp`. */
  readonly ports: readonly string[];
  readonly startedAt?: string;
  /** How it ended the last time: in words, and what is known; no end, no `ended`. */
  readonly ended?: EndedBefore;
  readonly cpu?: number;
  readonly memory?: number;
  readonly memoryLimit?: number;
}

export interface EndedBefore extends TaskEnd {
  /** `exit 127: command not found`. */
  readonly reason: string;
}

/** What `ps` shows of one environment. */
export interface ShownReplicas {
  readonly stack: string;
  readonly environment: string;
  readonly state: EnvironmentStatus['state'];
  /** Why it is in this state: `backend 1 of 2`. */
  readonly why: string;
  readonly replicas: readonly ReplicaRow[];
  /** Hosts of the project that do not answer. */
  readonly unreachable: readonly {readonly host: string; readonly error: string}[];
}

export interface ShowReplicasOptions {
  /** `backend`, `backend/2`; all when empty. */
  readonly services: readonly string[];
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

/** How long `ps --watch` rests between two rounds. Milliseconds. */
const restMs = 2000;

/** Lets `use` look at an environment again and again over the same connections; each round asks the hosts anew. */
export function withReplicas<T>(
  session: Session,
  options: ShowReplicasOptions,
  use: (rounds: AsyncIterable<ShownReplicas>) => Promise<T>,
): Promise<T> {
  const {hosts, ssh} = session;
  return withFleet(hosts, {maxUnreachable: Number.POSITIVE_INFINITY, signal: options.signal, ssh}, fleet =>
    use(rounds(session, fleet, options)),
  );
}

/** An environment's replicas, once. */
export function showReplicas(session: Session, options: ShowReplicasOptions): Promise<ShownReplicas> {
  const {hosts, ssh} = session;
  return withFleet(hosts, {maxUnreachable: Number.POSITIVE_INFINITY, signal: options.signal, ssh}, fleet =>
    look(session, fleet, fleet.observed, options),
  );
}

async function* rounds(session: Session, fleet: Fleet, options: ShowReplicasOptions): AsyncGenerator<ShownReplicas> {
  const {signal} = options;
  yield await look(session, fleet, fleet.observed, options);
  for (;;) {
    await sleep(restMs, undefined, {signal}).catch(() => undefined);
    if (signal.aborted) return;
    yield await look(session, fleet, await fleet.observe(), options);
  }
}

async function look(
  session: Session,
  fleet: Fleet,
  observed: readonly ObservedHost[],
  options: ShowReplicasOptions,
): Promise<ShownReplicas> {
  const {environment, project} = session;
  const known = (await session.store.read()).environments[environment];
  const replicas = replicasOf(observed, {project: project.name, environment, known});
  const selected = selectReplicas(replicas, options.services, environment);
  const busy = new Set(selected.flatMap(({host, state}) => (state === 'running' && host !== undefined ? [host] : [])));
  const [healths, usages] = await Promise.all([
    Promise.all(replicas.map(replica => healthOf(replica, fleet, options.now))),
    Promise.all([...busy].map(host => usageOn(fleet.connection(host), options.signal))),
  ]);
  const usage = new Map(usages.flatMap(each => [...each]));
  const health = new Map(replicas.map((replica, index) => [replica, healths[index]!]));
  return {
    stack: known?.stack ?? project.name,
    environment,
    ...conditionOf(replicas, replica => health.get(replica)!, known),
    replicas: selected.map(replica => row(replica, health.get(replica)!, known, usage)),
    unreachable: observed.flatMap(host => (host.reachable ? [] : [{host: host.host, error: host.error}])),
  };
}

function row(
  {service, replica, host = '', address = '', state, container}: EnvironmentReplica,
  health: ReplicaHealth,
  known: EnvironmentState | undefined,
  usage: ReadonlyMap<string, ReplicaUsage>,
): ReplicaRow {
  const spec = container?.manifest?.spec;
  const remembered = known?.placements[service]?.find(placement => placement.replica === replica);
  return {
    service,
    replica,
    host,
    state,
    health,
    restarts: container?.restarts ?? 0,
    image: spec?.image.source ?? '',
    address,
    ports: spec?.ports.map(portText) ?? remembered?.ports.map(String) ?? [],
    ...(container?.startedAt && {startedAt: container.startedAt}),
    ...(container?.ended && {ended: {...container.ended, reason: exitReason(container.ended, spec?.resources.memory)}}),
    ...(state === 'running' && container ? usage.get(container.id) : {}),
  };
}

const portText = ({address, host, container, protocol}: PublishedPort): string =>
  `${address === undefined ? '' : `${address}:`}${host}:${container}${protocol === 'udp' ? '/udp' : ''}`;
