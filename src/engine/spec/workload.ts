/**
 * A workload as the rest of niyanta reads it: parsed, checked, defaults filled in, sizes in bytes, durations in
 * milliseconds. Made by `workload-schema.ts`. What it says is stored in clear: `${secret:NAME}` stays as written.
 */

import type {ImageSource, PublishedPort} from './stack.ts';

export type WorkloadName = string;

export interface Workload {
  readonly name: WorkloadName;
  /** To tell versions of one workload apart, and to let two of them run side by side. */
  readonly version?: string;
  /** Who runs it: `container`, or the name of another workload type that the coordinator knows. */
  readonly type: string;
  /** Of the type `container`; absent for others. */
  readonly container?: ContainerJob;
  /** What other types are given; checked by them. */
  readonly with: Readonly<Record<string, unknown>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly resources: WorkloadResources;
  /** 0 to 100; 50 unless it says otherwise. More is sooner. */
  readonly priority: number;
  /** Whether it may be stopped for one that matters more, when the coordinator preempts at all. */
  readonly preemptible: boolean;
  readonly placement: WorkloadPlacement;
  readonly retries: RetryRule;
  /** Of one attempt, from its start; none when absent. */
  readonly timeoutMs?: number;
  readonly checkpoint?: CheckpointRule;
  readonly schedule?: ScheduleRule;
  /** Starts when all of these have ended as said. */
  readonly after: readonly AfterRule[];
  /** At most `max` workloads of the customer with this key run at once. */
  readonly concurrency?: {readonly key: string; readonly max: number};
  /** Whether its host's loss starts it elsewhere, or waits for the host. */
  readonly onLost: 'reschedule' | 'wait';
  readonly inputs: {readonly files: readonly InputFile[]};
  readonly outputs: WorkloadOutputs;
}

/** What runs in the container; restarts and health are not a job's. */
export interface ContainerJob {
  /** `archive` and `build` are of this machine; the coordinator gets them with the submission. */
  readonly image: ImageSource;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly workdir?: string;
  readonly user?: string;
  /** Sorted by name; values may hold `${secret:NAME}`. */
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly {readonly source: string; readonly target: string; readonly readOnly: boolean}[];
  readonly ports: readonly PublishedPort[];
  readonly readOnly: boolean;
  readonly capabilities: {readonly add: readonly string[]; readonly drop: readonly string[]};
  readonly stop: {readonly signal: string; readonly graceMs: number};
}

/** Cores, bytes, whole devices, bytes. Absent: nothing is reserved. */
export interface WorkloadResources {
  readonly cpu?: number;
  readonly memory?: number;
  readonly gpu?: number;
  readonly disk?: number;
}

export interface WorkloadPlacement {
  /** Every label must match; `region` and `host` (its name) count as labels. */
  readonly require: Readonly<Record<string, string>>;
  readonly prefer: readonly {readonly match: Readonly<Record<string, string>>; readonly weight: number}[];
  /** Not beside running workloads of these names, of the same customer. */
  readonly avoid: readonly {readonly workload: WorkloadName}[];
  /** Only beside running workloads of these names, of the same customer. */
  readonly beside: readonly {readonly workload: WorkloadName}[];
}

export interface RetryRule {
  /** Attempts after the first. */
  readonly max: number;
  readonly backoff: {
    readonly initialMs: number;
    readonly factor: number;
    readonly maxMs: number;
    readonly jitter: boolean;
  };
  /** Exit codes that are tried again; all but 0 when absent. */
  readonly exitCodes?: readonly number[];
}

export interface CheckpointRule {
  readonly everyMs?: number;
  /** Percent of progress between two. */
  readonly progress?: number;
  /** How long it may take to write one after it was told to. */
  readonly graceMs: number;
  readonly signal: string;
  /** How many good ones are kept. */
  readonly keep: number;
  /** Bytes of its files together; those that were submitted before there was a limit have none of their own. */
  readonly maxSize?: number;
}

export interface ScheduleRule {
  /** Five fields. */
  readonly cron: string;
  readonly timeZone: string;
  /** What becomes of times that passed while nobody could start it. */
  readonly missed: 'skip' | 'once' | 'all';
}

export interface AfterRule {
  readonly workload: WorkloadName;
  readonly on: 'success' | 'failure' | 'always';
}

export interface InputFile {
  /** Absolute path on this machine. */
  readonly source: string;
  /** Absolute path in the container. */
  readonly target: string;
}

export interface WorkloadOutputs {
  /** Absolute paths in the container that are kept when it has ended. */
  readonly files: readonly string[];
  /** Absolute path of a JSON file whose value is the workload's result. */
  readonly result?: string;
}
