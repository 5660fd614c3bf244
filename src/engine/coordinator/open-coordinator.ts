import {randomBytes} from 'node:crypto';
import type {CheckpointStorage} from '../checkpoint-storage.ts';
import {connect} from '../hosts/index.ts';
import {registryAccess} from '../registry-credentials.ts';
import type {Session} from '../session.ts';
import type {Host} from '../spec/project.ts';
import type {NatsSettings} from '../spec/server/nats-schema.ts';
import type {WorkerScaling} from '../spec/server/worker-scaling-schema.ts';
import type {SecretValue} from '../state/secret-value.ts';
import type {Measures} from '../telemetry/metrics/index.ts';
import type {Tracing} from '../telemetry/tracing/index.ts';
import {checkpointKeeper} from './checkpoints/checkpoint-keeper.ts';
import {systemClock} from './clock.ts';
import type {Coordinator, CoordinatorSettings} from './coordinator.ts';
import {type EnvironmentsPlace, openEnvironments} from './environments/open-environments.ts';
import type {Log} from './log.ts';
import {JoinedPool} from './nats/joined-pool.ts';
import {openAgents} from './nats/open-agents.ts';
import {openWorkerScaling} from './scaling/open-worker-scaling.ts';
import {startCoordinator} from './start-coordinator.ts';
import type {Store} from './store/store.ts';
import {type ContainerTypeParts, containerType} from './types/container.ts';
import {makeTypes, type TypeFile} from './types/load-types.ts';
import {ownerMark} from './types/owner-mark.ts';
import {sleepType} from './types/sleep.ts';
import {HostPool} from './workers/host-pool.ts';
import type {WorkerPool} from './workers/worker-pool.ts';

export interface OpenCoordinatorWish {
  /** See `CoordinatorParts.id`. */
  readonly id: string;
  readonly address?: string;
  /** Stays the caller's to close. */
  readonly store: Store;
  /** Project, hosts, secrets, and how hosts are reached. */
  readonly session: Session;
  readonly settings: CoordinatorSettings;
  /** For checkpoints that are too large for the database. */
  readonly objectStorage?: CheckpointStorage;
  readonly build?: ContainerTypeParts['build'];
  /** Workload types of people's own. */
  readonly types?: readonly TypeFile[];
  /** NATS, for workers of their own; `env` holds its user and password, where it has them. */
  readonly nats?: {readonly settings: NatsSettings; readonly env: Readonly<Record<string, string | undefined>>};
  /** Where stacks that are served are kept; absent: none are. */
  readonly stacks?: EnvironmentsPlace;
  /** Who adds and removes workers; absent: nobody. */
  readonly workerScaling?: WorkerScaling;
  readonly log: Log;
  readonly measures?: Measures;
  /** Where spans go; nowhere when absent. */
  readonly tracing?: Tracing;
}

export interface OpenedCoordinator {
  readonly coordinator: Coordinator;
  readonly workers: WorkerPool;
  /** Takes over what niyanta.yaml says by now. */
  setHosts(hosts: readonly Host[]): Promise<void>;
  /** Stops it and lets go of the hosts, on which workloads go on. */
  close(deadlineMs: number): Promise<void>;
}

/** A coordinator in this process whose workers are the session's hosts, with all workload types that niyanta has. */
export async function openCoordinator(wish: OpenCoordinatorWish): Promise<OpenedCoordinator> {
  const {store, session, settings, log} = wish;
  const keeper = checkpointKeeper(store, wish.objectStorage?.place);
  const ownTypes = makeTypes(wish.types ?? [], keeper);
  const identity = await store.identity();
  const pool = new HostPool({
    owner: () => ownerMark(identity),
    hosts: session.hosts,
    connect: (host, signal) => connect(host, {...session.ssh, signal}),
    silence: settings.silence,
    log,
  });
  const ways = {
    secrets: async (names: readonly string[]) => textsOf(await session.secrets.values(names)),
    registryAccess: (reference: string) => registryAccess(session, reference),
  };
  const isHost = (name: string) => pool.worker(name) !== undefined;
  const {silence} = settings;
  const agents =
    wish.nats && (await openAgents({...wish, ...ways, ...wish.nats, silence, isHost, lent: wish.objectStorage?.lent}));
  const workers = agents ? new JoinedPool(pool, agents.pool) : pool;
  const container = containerType({
    owner: identity,
    blobs: store,
    keeper,
    ...ways,
    ...(wish.build && {build: wish.build}),
  });
  const scaling = wish.workerScaling && openWorkerScaling(wish.workerScaling, {...wish, pool: workers});
  let {hosts} = session;
  const served =
    wish.stacks &&
    (await openEnvironments({
      ...wish.stacks,
      ...{store, session, pool, settings, log},
      coordinator: wish.id,
      hosts: () => hosts,
    }));
  try {
    const coordinator = await startCoordinator({
      ...wish,
      workers,
      ...(agents && {hints: agents.hints, brokerTrouble: () => agents.trouble()}),
      ...(served && {environments: served.environments}),
      duties: around => [...(served?.duties(around) ?? []), ...(scaling ? [scaling] : [])],
      types: [container, sleepType(keeper), ...ownTypes],
      checkpoints: keeper,
      clock: systemClock,
      random: Math.random,
      randomBytes,
    });
    return {
      coordinator,
      workers: pool,
      setHosts(now) {
        hosts = now;
        return pool.setHosts(now);
      },
      async close(deadlineMs) {
        await coordinator.stop({deadlineMs});
        await workers.close();
        await agents?.close();
      },
    };
  } catch (error) {
    await workers.close();
    await agents?.close();
    throw error;
  }
}

/** A secret in a variable of a job is text. */
const textsOf = (values: ReadonlyMap<string, SecretValue>): ReadonlyMap<string, string> =>
  new Map(
    [...values].map(([name, value]) => [name, typeof value === 'string' ? value : Buffer.from(value).toString()]),
  );
