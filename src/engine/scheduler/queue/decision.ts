import type {HostName} from '../../spec/stack.ts';
import type {CustomerId, WorkloadId} from './request.ts';

/** What a round decided, in the order in which it decided. */
export type Decision = Start | Park | Preempt;

/** Counts as running from now on; `ended` takes it back when it could not be started after all. */
export interface Start {
  readonly kind: 'start';
  readonly workload: WorkloadId;
  readonly worker: HostName;
  /** `prefers region=eu`, `fullest that fits`. */
  readonly because: string;
  /** Of the workers that do not fit; empty where there are more of them than `settings.explainUpTo` (ask `why`). */
  readonly rejected: readonly Rejection[];
}

/** Workloads of a shape that fits nowhere now. Said once, not in each round; they are looked at again when room appears. */
export interface Park {
  readonly kind: 'park';
  /** The first of them in order. */
  readonly workload: WorkloadId;
  readonly customer: CustomerId;
  /** How many wait with this shape, of all customers. */
  readonly waiting: number;
  /** `parked: 412 hosts: needs 4 CPU, at most 2 free; 3 hosts: in drain`. */
  readonly because: string;
  readonly rejected: readonly Rejection[];
}

/** Victims to be stopped so that `for` can start on `worker`; its place there is kept until they have ended. */
export interface Preempt {
  readonly kind: 'preempt';
  readonly for: WorkloadId;
  readonly worker: HostName;
  readonly victims: readonly Victim[];
  /** Core-seconds of work that is lost in all. */
  readonly cost: number;
  readonly because: string;
}

export interface Victim {
  readonly workload: WorkloadId;
  /** Core-seconds since its start or its last checkpoint. */
  readonly lost: number;
}

/** Why workers cannot take a shape: those with the same reason together, most workers first. */
export interface Rejection {
  /** `needs 4 CPU, at most 2 free`. */
  readonly reason: string;
  readonly workers: number;
  /** The first few of them by name. */
  readonly some: readonly HostName[];
}

/** Why a workload is where it is, for `niyanta why ID`. */
export interface Why {
  readonly workload: WorkloadId;
  readonly state: 'unknown' | 'running' | 'waiting' | 'limited' | 'parked' | 'promised' | 'queued';
  /** One line for people: `customer acme is at its limit of 10 running`. */
  readonly text: string;
  /** Where it holds a place, or has one kept. */
  readonly worker?: HostName;
  /** Among its customer's that may start, from 1, and the one before it. */
  readonly place?: {readonly position: number; readonly behind?: WorkloadId};
  /** What its effective priority is made of. */
  readonly points?: Points;
  readonly rejected: readonly Rejection[];
}

/** Effective priority, part by part. */
export interface Points {
  readonly total: number;
  readonly tier: number;
  readonly priority: number;
  readonly age: number;
  readonly fairShare: number;
  /** It has waited longer than `settings.aging.longest`: it goes before whatever has not. */
  readonly overdue: boolean;
}
