import type {CheckpointRow, WorkloadId} from '../store/store.ts';
import type {Intent} from './intent.ts';

/** One attempt that is under way, in this process or by a worker of its own. */
export interface CarriedOut {
  readonly id: WorkloadId;
  readonly attempt: number;
  readonly worker: string;
  /** Its end was told, or is not this one's to tell: it must not be begun again. */
  readonly over: boolean;
  readonly stopping: boolean;
  /** Resolves when nothing is left to do for it: it ended and was cleaned up, or was let go of. */
  run(): Promise<void>;
  /** Ends it for a reason of the coordinator's. The strongest of what is wanted counts. */
  want(intent: Intent): void;
  /** Lets go of it: what runs goes on running, and nothing is reported. */
  release(why: string): void;
  /** Its worker is lost, and it waits for that. */
  lost(): void;
  /** Its worker is back, and what was watched there was watched all along. */
  found(): void;
  /** Errors: OutsideError `no-checkpoint`. */
  checkpoint(why: CheckpointRow['why']): Promise<CheckpointRow>;
}
