import {type Measures, silentMeasures} from '../telemetry/metrics/index.ts';
import {noTracing, type Tracing} from '../telemetry/tracing/index.ts';
import type {Clock} from './clock.ts';
import type {Coordinator, CoordinatorSettings} from './coordinator.ts';
import type {Duty, DutySurroundings} from './duty.ts';
import type {Environments} from './environments/environments.ts';
import {guardStore} from './guarded-store.ts';
import type {Log} from './log.ts';
import type {Hints} from './nats/hints.ts';
import {RunningCoordinator} from './running-coordinator.ts';
import type {Store} from './store/store.ts';
import type {CheckpointKeeper, WorkloadType} from './types/workload-type.ts';
import type {WorkerPool} from './workers/worker-pool.ts';

export interface CoordinatorParts {
  /** In the lease and the audit. Of a store for one coordinator the same at each start: it leads at once then. */
  readonly id: string;
  /** Where its API is reached; shown to people. */
  readonly address?: string;
  /** Stays the caller's to close, after `stop`. */
  readonly store: Store;
  /** Stays the caller's to close, after `stop`. */
  readonly workers: WorkerPool;
  /** Between coordinators, beside those of the database. */
  readonly hints?: Hints;
  /** What is wrong with the broker, in words; absent where there is none. */
  readonly brokerTrouble?: () => string | undefined;
  readonly types: readonly WorkloadType[];
  readonly checkpoints: CheckpointKeeper;
  readonly settings: CoordinatorSettings;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly log: Log;
  /** Where it says what happens; nowhere when absent. */
  readonly measures?: Measures;
  /** Where spans go; nowhere when absent. */
  readonly tracing?: Tracing;
  readonly environments?: Environments;
  /** What the leader does beside starting workloads. */
  readonly duties?: (around: DutySurroundings) => readonly Duty[];
}

/** Starts a coordinator in this process. It stands for election at once; errors of the first try are thrown. */
export async function startCoordinator(parts: CoordinatorParts): Promise<Coordinator> {
  const measures = parts.measures ?? silentMeasures;
  const tracing = parts.tracing ?? noTracing;
  const {store, trouble} = guardStore(parts.store, parts.clock);
  const coordinator = new RunningCoordinator({...parts, measures, tracing, store, trouble});
  await coordinator.start();
  return coordinator;
}
