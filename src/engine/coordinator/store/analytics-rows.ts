import type {HostName} from '../../spec/stack.ts';
import type {CustomerId} from './workload-rows.ts';

/** Times in milliseconds since 1970; `until` is outside. */
export interface Period {
  readonly from: number;
  readonly until: number;
}

export interface TrendsQuery extends Period {
  readonly intervalMs: number;
  /** Workloads of this name; all when absent. */
  readonly name?: string;
}

/** What happened within one interval. */
export interface Trend {
  /** Its beginning. */
  readonly at: number;
  readonly submitted: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Of those that ended and had started: from acceptance to the start of the last attempt, and from there to the end. */
  readonly waited: Duration;
  readonly ran: Duration;
}

/** Milliseconds; nothing of none. */
export interface Duration {
  readonly count: number;
  readonly mean?: number;
  readonly most?: number;
}

export interface SpentQuery extends Period {
  /** Each workload name and version by itself, or a customer's together. */
  readonly by: 'workload' | 'customer';
  /** Those that used most first. */
  readonly limit: number;
}

/** What attempts that ended within a period used: what their workloads reserved, for as long as they ran. */
export interface Spent {
  readonly customer: CustomerId;
  readonly name?: string;
  readonly version?: string;
  readonly workloads: number;
  readonly attempts: number;
  readonly seconds: number;
  readonly coreSeconds: number;
  readonly byteSeconds: number;
  readonly gpuSeconds: number;
}

/** What holds a place on a worker now. */
export interface Reserved {
  readonly worker: HostName;
  readonly workloads: number;
  readonly cpu: number;
  readonly memory: number;
  readonly gpu: number;
}
