import type {Connection} from '../../hosts/index.ts';
import type {Gpu} from '../../spec/project.ts';
import type {Measures} from '../../telemetry/metrics/index.ts';
import type {Clock} from '../clock.ts';
import type {Log} from '../log.ts';
import type {AttemptReport, CheckpointRow, Store, WorkloadRow} from '../store/store.ts';
import type {CheckpointKeeper, WorkloadType} from '../types/workload-type.ts';
import type {End} from './attempt-end.ts';

/** What the execution of one attempt is given by the term of leadership that it belongs to. */
export interface ExecutionParts {
  readonly type: WorkloadType;
  readonly store: AttemptStore;
  readonly keeper: CheckpointKeeper;
  readonly clock: Clock;
  readonly log: Log;
  readonly measures: Measures;
  /** The database's clock. */
  readonly now: () => number;
  /** To its worker, now; undefined when it has none, or is that of this process. */
  connection(): Connection | undefined;
  /** Of its worker; undefined: as found on the host itself. */
  gpus?(): readonly Gpu[] | undefined;
  /** What its worker has for workloads of all coordinators together; undefined: nobody counts it. */
  room?(): {readonly cpu: number; readonly memory: number} | undefined;
  /** Starts at once on its worker; undefined: as many as the type likes. */
  readonly startsAtOnce?: number;
  /** Resolves when its worker answers. Rejects with the signal's reason. */
  well(signal: AbortSignal): Promise<void>;
  /** A place among the starts at once on its worker; resolves to how to give it back, any number of times. */
  startSlot(signal: AbortSignal): Promise<() => void>;
  /** Says it until the database has heard it, or the signal is aborted (`fenced`). */
  report(report: AttemptReport, signal: AbortSignal): Promise<'counted' | 'fenced'>;
  /** One was stored. */
  readonly onCheckpoint: (checkpoint: CheckpointRow) => void;
  /** Says that it ended, as `report` does; what becomes of the workload is decided on the way. */
  ended(row: WorkloadRow, end: End, said: LastSaid, signal: AbortSignal): Promise<'counted' | 'fenced'>;
}

/** What of the store an attempt needs while it runs; without `note`, what is to be noted stands in the log alone. */
export type AttemptStore = Pick<Store, 'attempts' | 'checkpoints' | 'addCheckpoint' | 'markCorrupt'> &
  Partial<Pick<Store, 'note'>>;

/** What is said once more with its end. */
export type LastSaid = Pick<AttemptReport, 'progress' | 'restoredFrom'>;
