import type {Measures} from '../../telemetry/metrics/index.ts';
import type {Tracing} from '../../telemetry/tracing/index.ts';
import type {Clock} from '../clock.ts';
import type {CoordinatorSettings} from '../coordinator.ts';
import type {Log} from '../log.ts';
import type {Leadership, Store} from '../store/store.ts';
import type {StoreClock} from '../store-clock.ts';
import type {CheckpointKeeper, WorkloadType} from '../types/workload-type.ts';
import type {WorkerPool} from '../workers/worker-pool.ts';

/** What a term of leadership works with. */
export interface TermParts {
  readonly coordinator: string;
  readonly store: Store;
  readonly workers: WorkerPool;
  readonly types: ReadonlyMap<string, WorkloadType>;
  readonly keeper: CheckpointKeeper;
  readonly settings: () => CoordinatorSettings;
  readonly clock: Clock;
  readonly storeClock: StoreClock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly log: Log;
  readonly measures: Measures;
  readonly tracing: Tracing;
  /** What writes are signed with; undefined when the lead is not to be trusted any more. */
  readonly leadership: () => Leadership | undefined;
  /** Something was written that listeners of events may want to hear of. */
  readonly onChange: () => void;
}
