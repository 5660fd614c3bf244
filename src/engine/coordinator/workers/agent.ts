import type {Leadership, WorkloadRow} from '../store/store.ts';
import type {AttemptLogLine, FoundAttempt} from '../types/workload-type.ts';
import type {CarriedOut} from './carried-out.ts';
import type {ExecutionParts} from './execution-parts.ts';

/** A worker that carries attempts out by itself: a `niyanta worker` process. */
export interface Agent extends Remains {
  /** Has it carry out an attempt, begun or adopted. */
  assign(row: WorkloadRow): CarriedOut;
  /** What an attempt printed that it carries out, as `logs` of a workload type. */
  logs(
    row: WorkloadRow,
    options: {readonly follow: boolean; readonly after?: string; readonly signal: AbortSignal},
  ): AsyncIterable<AttemptLogLine>;
}

/** What there is of attempts on a worker, whatever the store says of them. */
export interface Remains {
  /** See `found` of a workload type. */
  found(endsSince?: number): Promise<readonly FoundAttempt[]>;
  /** Ends and removes one that nobody wants any more. */
  clear(found: Pick<FoundAttempt, 'workload' | 'attempt'>): Promise<void>;
}

/** What workers of their own need of a term of leadership. */
export interface AgentTerm extends Pick<ExecutionParts, 'ended' | 'report' | 'onCheckpoint' | 'keeper'> {
  /** Undefined when the lead is not to be trusted any more. */
  leadership(): Leadership | undefined;
  /** The database's clock. */
  now(): number;
}
