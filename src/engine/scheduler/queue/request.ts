import type {HostName, PublishedPort} from '../../spec/stack.ts';
import type {Workload, WorkloadPlacement, WorkloadResources} from '../../spec/workload.ts';

/** What a `Queue` is told: who waits, where there is room, what runs, for whom. Times are milliseconds since 1970. */
export interface QueuedWorkload {
  readonly id: WorkloadId;
  readonly name: Workload['name'];
  readonly customer: CustomerId;
  /** Order of acceptance; unique, grows. */
  readonly seq: number;
  readonly acceptedAt: number;
  /** 0 to 100; more is sooner. */
  readonly priority: number;
  readonly preemptible: boolean;
  /** At most `max` workloads of the customer with this key run at once. */
  readonly concurrency?: {readonly key: string; readonly max: number};
  /** Not before this time: a delay that was asked for, or the wait before another attempt. */
  readonly notBefore?: number;
  readonly shape: Shape;
}

export type WorkloadId = string;
export type CustomerId = string;

/** Everything that decides where a workload may run. What has the same shape fits the same workers. */
export interface Shape extends WorkloadPlacement {
  readonly resources: WorkloadResources;
  /** Published on the worker itself: each worker has each of them once. */
  readonly ports: readonly HostPort[];
  /** Workers on which it must not start again: it failed there. */
  readonly exclude: readonly HostName[];
}

export type HostPort = Omit<PublishedPort, 'container'>;

export interface WorkerView {
  readonly name: HostName;
  readonly region?: string;
  /** `host` and `region` count as labels beside these. */
  readonly labels: Readonly<Record<string, string>>;
  /** What workloads may have of it: cores, bytes, devices, bytes. */
  readonly capacity: Amounts;
  /** Taken by others than workloads. */
  readonly ports: readonly HostPort[];
  /** Why nothing can be started there: `silent for 7 s`, `not prepared`. */
  readonly unusable?: string;
  readonly drained: boolean;
}

/** Cores, bytes, devices, bytes. */
export interface Amounts {
  readonly cpu: number;
  readonly memory: number;
  readonly gpu: number;
  readonly disk: number;
}

/** A workload that holds a place: it starts, runs, or is on a worker that nobody hears from. */
export interface RunningAttempt extends Omit<QueuedWorkload, 'notBefore'> {
  readonly worker: HostName;
  readonly startedAt: number;
  /** Of its newest good checkpoint in this attempt: what came before it would not be lost. */
  readonly lastCheckpointAt?: number;
  /** It has been told to stop: no longer a victim of anybody. */
  readonly stopping?: boolean;
}

export interface CustomerView {
  readonly id: CustomerId;
  /** A name of `settings.tiers`; another name counts as the lowest of them. */
  readonly tier: string;
  /** What it should get in proportion to others; its tier's when absent. */
  readonly share?: number;
  readonly suspended?: boolean;
  /** Of what runs at once; none when absent. */
  readonly limits: {readonly running?: number; readonly cpu?: number; readonly memory?: number; readonly gpu?: number};
  /** Core-seconds of attempts that have ended, halved each half-life, as of `usedAt` (`addUsage`). */
  readonly used: number;
  readonly usedAt: number;
}
