import type {HostName} from '../../spec/stack.ts';
import type {AfterRule, Workload} from '../../spec/workload.ts';
import type {WorkloadState} from '../workload-states.ts';

/** UUID version 7 (RFC 9562), given by the coordinator that accepts it. */
export type WorkloadId = string;
export type CustomerId = string;
export type Scope = {readonly customer: CustomerId} | 'everyone';

/** Who did something, for the audit: `key:ab12cd34`, `coordinator:…`, `worker:h1`, `cli:user@machine`. */
export interface Actor {
  readonly name: string;
  /** Of the request that asked for it. */
  readonly request?: string;
}

export interface Submission {
  readonly id: WorkloadId;
  readonly customer: CustomerId;
  readonly workload: Workload;
  /** SHA-256 of each input file by its target; the blobs were put before. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Beside `workload.after`: workloads of the customer by their ids. */
  readonly after?: readonly {readonly id: WorkloadId; readonly on: AfterRule['on']}[];
  /** What its first attempt goes on from: a copy of another workload's checkpoint, as its own number 1. */
  readonly checkpoint?: Pick<CheckpointRow, 'size' | 'sha256' | 'place' | 'progress' | 'why'> & {
    readonly of: Pick<CheckpointRow, 'workload' | 'number'>;
  };
  readonly idempotencyKey?: string;
  /** Not before this time. */
  readonly notBefore?: number;
  readonly schedule?: string;
  readonly batch?: string;
  /** W3C Trace Context of the span that it was submitted in. */
  readonly traceparent?: string;
  readonly actor: Actor;
}

export interface Accepted {
  readonly id: WorkloadId;
  /** Order of acceptance; unique, grows. */
  readonly seq: number;
  readonly doubled: boolean;
}

export interface WorkloadRow {
  readonly id: WorkloadId;
  readonly customer: CustomerId;
  readonly seq: number;
  readonly state: WorkloadState;
  readonly workload: Workload;
  readonly inputs: Readonly<Record<string, string>>;
  readonly acceptedAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly changedAt: number;
  /** The number of the newest attempt; 0 before the first. */
  readonly attempt: number;
  readonly lease?: string;
  readonly worker?: HostName;
  readonly notBefore?: number;
  /** What people asked for and is not yet so. */
  readonly wanted?: 'cancel' | 'pause';
  /** Why it is in this state, or waits. */
  readonly reason?: string;
  readonly exitCode?: number;
  /** JSON. */
  readonly result?: unknown;
  /** SHA-256 of each output file by its path; `log` is the log's end. */
  readonly outputs: Readonly<Record<string, string>>;
  /** 0 to 100. */
  readonly progress?: number;
  /** What it comes after and has not ended as said yet. */
  readonly waitsFor: readonly {readonly id: WorkloadId; readonly on: AfterRule['on']}[];
  readonly idempotencyKey?: string;
  readonly schedule?: string;
  readonly batch?: string;
  /** Of the request that it came with. */
  readonly request?: string;
  /** W3C Trace Context of the span that it was submitted in. */
  readonly traceparent?: string;
}

/** How a workload ended, for comparisons. */
export interface RunRow {
  readonly version?: string;
  readonly state: 'SUCCEEDED' | 'FAILED';
  readonly startedAt?: number;
  readonly endedAt: number;
}

export interface WorkloadQuery {
  readonly states?: readonly WorkloadState[];
  readonly name?: string;
  readonly version?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly batch?: string;
  readonly schedule?: string;
  readonly worker?: HostName;
  readonly after?: string;
  readonly limit: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Opaque; absent on the last page. */
  readonly next?: string;
}

export type Wish = 'cancel' | 'pause' | 'resume' | 'retry';

export interface Placement {
  readonly workload: WorkloadId;
  /** The attempt that this begins: one more than the newest. */
  readonly attempt: number;
  readonly worker: HostName;
  readonly reason: string;
}

export interface AttemptRow {
  readonly workload: WorkloadId;
  readonly attempt: number;
  /** A random token: reports of anybody else do not count. */
  readonly lease: string;
  readonly worker: HostName;
  readonly state: 'scheduled' | 'running' | 'ended' | 'lost';
  readonly reason: string;
  readonly placedAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly exitCode?: number;
  readonly outcome?: AttemptOutcome;
  /** From which checkpoint it went on. */
  readonly restoredFrom?: number;
}

/**
 * How an attempt ended. `failed` and `timeout` are the workload's own and count against `retries.max`; `outside` (image not
 * pulled, host full) and `lost` are not; the others were asked for.
 */
export type AttemptOutcome =
  | 'succeeded'
  | 'failed'
  | 'timeout'
  | 'outside'
  | 'lost'
  | 'checkpointed'
  | 'preempted'
  | 'drained'
  | 'paused'
  | 'cancelled';

export interface LeaderChange {
  readonly workload: WorkloadId;
  readonly from: WorkloadState;
  /** The attempt that the decision is about. */
  readonly attempt: number;
  readonly to: WorkloadState;
  readonly reason: string;
  readonly notBefore?: number;
  /** Of its attempt, when that ends with it. */
  readonly outcome?: AttemptOutcome;
}

/** What a worker says of an attempt. */
export interface AttemptReport {
  readonly workload: WorkloadId;
  readonly attempt: number;
  readonly lease: string;
  /** Whoever says it, where that is known: counts for an attempt of this worker alone. */
  readonly worker?: HostName;
  readonly to: WorkloadState;
  readonly reason?: string;
  readonly notBefore?: number;
  /** When the attempt ends with it. */
  readonly outcome?: AttemptOutcome;
  readonly exitCode?: number;
  readonly result?: unknown;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly progress?: number;
  readonly restoredFrom?: number;
}

/** What a customer sent, by the SHA-256 of its content (hex): a blob, or blobs one after another. */
export interface FileRow {
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 of each part in order; absent: its content is a blob itself. */
  readonly parts?: readonly string[];
}

/** A host that executes workloads. */
export interface WorkerRow {
  readonly name: HostName;
  readonly kind: 'ssh' | 'agent';
  readonly region?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly capacity: WorkerCapacity;
  readonly drained: boolean;
  /** In drain: what has no checkpoints is stopped there, too. */
  readonly stopping?: boolean;
  readonly seenAt: number;
  /** Why nothing can be started there. */
  readonly unusable?: string;
}

export interface WorkerCapacity {
  readonly cpu: number;
  readonly memory: number;
  readonly gpu: number;
  readonly disk: number;
}

export type WorkerBeat = Omit<WorkerRow, 'drained' | 'stopping' | 'seenAt'>;

export interface CheckpointRow {
  readonly workload: WorkloadId;
  /** Counts from 1 over all attempts. */
  readonly number: number;
  /** 0 of one that came with its submission. */
  readonly attempt: number;
  readonly takenAt: number;
  /** Bytes as stored, compressed. */
  readonly size: number;
  readonly sha256: string;
  readonly progress?: number;
  readonly why: 'manual' | 'time' | 'progress' | 'preemption' | 'drain' | 'pause' | 'own';
  /** In the database (a blob), or a key of the object storage. */
  readonly place: {readonly kind: 'blob'} | {readonly kind: 's3'; readonly key: string};
  /** Why it cannot be used. */
  readonly corrupt?: string;
  /** Somebody had the workload begin again from one before it: no attempt goes on from it by itself. */
  readonly aside?: boolean;
}

export interface NewCheckpoint extends Omit<CheckpointRow, 'takenAt' | 'corrupt' | 'aside'> {
  readonly lease: string;
}
