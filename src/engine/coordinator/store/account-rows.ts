import type {ScheduleRule, Workload} from '../../spec/workload.ts';
import type {WorkloadState} from '../workload-states.ts';
import type {Actor, CustomerId, Submission, WorkloadId} from './workload-rows.ts';

export interface Candidate {
  readonly coordinator: string;
  /** Where its API is reached by the others; shown to people. */
  readonly address?: string;
  readonly ttlMs: number;
}

export interface Leadership {
  readonly coordinator: string;
  /** Grows with every change of leader. */
  readonly generation: number;
}

export interface LeaderRow extends Leadership {
  readonly address?: string;
  readonly since: number;
  readonly until: number;
}

export interface NewSchedule {
  readonly id: string;
  readonly customer: CustomerId;
  /** Of several versions, the first. */
  readonly workload: Workload;
  readonly rule: ScheduleRule;
  readonly inputs: Readonly<Record<string, string>>;
  /** One of them each time, in proportion to their weights; absent where there is one workload. */
  readonly versions?: readonly ScheduleVersion[];
}

/** A version of a schedule's workload. */
export interface ScheduleVersion {
  readonly workload: Workload;
  readonly inputs: Readonly<Record<string, string>>;
  readonly weight: number;
}

/** The newest of one customer's schedules of one workload name counts: putting it again replaces it. */
export interface ScheduleRow extends NewSchedule {
  readonly suspended: boolean;
  readonly createdAt: number;
  /** Times up to here have been looked at. */
  readonly firedUntil: number;
}

export interface Firing {
  readonly schedule: string;
  /** Nothing happens when it stands elsewhere by now. */
  readonly from: number;
  readonly until: number;
  readonly submissions: readonly Submission[];
}

/** A tenant. */
export interface Customer {
  readonly id: CustomerId;
  readonly name: string;
  readonly tier: string;
  readonly limits: CustomerLimits;
  readonly suspended: boolean;
}

/** None when absent. */
export interface CustomerLimits {
  readonly running?: number;
  readonly pending?: number;
  readonly cpu?: number;
  readonly memory?: number;
  readonly gpu?: number;
  /** Bytes of files that were sent and are kept. */
  readonly files?: number;
  /** Requests a second, and how many at once. */
  readonly rate?: {readonly perSecond: number; readonly burst: number};
}

export interface CustomerRow extends Customer {
  readonly createdAt: number;
  /** Core-seconds by the half-life of settings, as of `usedAt`. */
  readonly used: number;
  readonly usedAt: number;
}

export type Role = 'admin' | 'operator' | 'customer' | 'viewer';

export interface NewApiKey {
  readonly id: string;
  /** What of the key may be shown, and finds it. */
  readonly prefix: string;
  /** SHA-256 of the whole key; keys are random, so a slow hash adds nothing. */
  readonly hash: string;
  /** None: of the whole coordinator (admin, operator). */
  readonly customer?: CustomerId;
  readonly role: Role;
  readonly scopes?: readonly string[];
  readonly note?: string;
  readonly expiresAt?: number;
}

/** A key that takes over from another. */
export interface KeyRotation {
  readonly next: Pick<NewApiKey, 'id' | 'prefix' | 'hash'>;
  /** How long the former one goes on, at most. */
  readonly overlapMs: number;
}

export interface ApiKeyRow extends NewApiKey {
  readonly createdAt: number;
  readonly revokedAt?: number;
}

export interface NewEvent {
  readonly type: string;
  readonly customer?: CustomerId;
  readonly workload?: WorkloadId;
  readonly actor: Actor;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface EventRow extends NewEvent {
  /** Grows; gaps are possible. A reader that goes on from the last one it saw misses none. */
  readonly seq: number;
  readonly at: number;
  /** Of transitions. */
  readonly from?: WorkloadState;
  readonly to?: WorkloadState;
  readonly attempt?: number;
}

export interface EventQuery {
  /** Those that came after this one; with `newestFirst`, those before it. */
  readonly after?: number;
  readonly newestFirst?: boolean;
  readonly workload?: WorkloadId;
  readonly types?: readonly string[];
  readonly limit: number;
}
