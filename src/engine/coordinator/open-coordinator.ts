import {randomBytes} from 'node:crypto';
import {connect} from '../hosts/index.ts';
import {registryAccess} from '../registry-credentials.ts';
import type {BackupPlace} from '../runtime/backup/backup-place.ts';
import type {Session} from '../session.ts';
import type {Host} from '../spec/project.ts';
import type {SecretValue} from '../state/secret-value.ts';
import type {Measures} from '../telemetry/metrics/index.ts';
import type {Tracing} from '../telemetry/tracing/index.ts';
import {checkpointKeeper} from './checkpoints/checkpoint-keeper.ts';
import {systemClock} from './clock.ts';
import type {Coordinator, CoordinatorSettings} from './coordinator.ts';
import type {Log} from './log.ts';
import {startCoordinator} from './start-coordinator.ts';
import type {Store} from './store/store.ts';
import {type ContainerTypeParts, containerType} from './types/container.ts';
import {sleepType} from './types/sleep.ts';
import {HostPool} from './workers/host-pool.ts';

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
  readonly objectStorage?: BackupPlace;
  readonly build?: ContainerTypeParts['build'];
  readonly log: Log;
  readonly measures?: Measures;
  /** Where spans go; nowhere when absent. */
  readonly tracing?: Tracing;
}

export interface OpenedCoordinator {
  readonly coordinator: Coordinator;
  /** Takes over what niyanta.yaml says by now. */
  setHosts(hosts: readonly Host[]): Promise<void>;
  /** Stops it and lets go of the hosts, on which workloads go on. */
  close(deadlineMs: number): Promise<void>;
}

/** A coordinator in this process whose workers are the session's hosts, with all workload types that niyanta has. */
export async function openCoordinator(wish: OpenCoordinatorWish): Promise<OpenedCoordinator> {
  const {store, session, settings, log} = wish;
  const keeper = checkpointKeeper(store, wish.objectStorage);
  const pool = new HostPool({
    hosts: session.hosts,
    connect: (host, signal) => connect(host, {...session.ssh, signal}),
    silence: settings.silence,
    log,
  });
  const container = containerType({
    owner: await store.identity(),
    blobs: store,
    keeper,
    secrets: async names => textsOf(await session.secrets.values(names)),
    registryAccess: reference => registryAccess(session, reference),
    ...(wish.build && {build: wish.build}),
  });
  try {
    const coordinator = await startCoordinator({
      ...wish,
      workers: pool,
      types: [container, sleepType(keeper)],
      checkpoints: keeper,
      clock: systemClock,
      random: Math.random,
      randomBytes,
    });
    return {
      coordinator,
      setHosts: hosts => pool.setHosts(hosts),
      async close(deadlineMs) {
        await coordinator.stop({deadlineMs});
        await pool.close();
      },
    };
  } catch (error) {
    await pool.close();
    throw error;
  }
}

/** A secret in a variable of a job is text. */
const textsOf = (values: ReadonlyMap<string, SecretValue>): ReadonlyMap<string, string> =>
  new Map(
    [...values].map(([name, value]) => [name, typeof value === 'string' ? value : Buffer.from(value).toString()]),
  );
