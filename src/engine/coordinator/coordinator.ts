import type {Readable} from 'node:stream';
import type {QueueSettings} from '../scheduler/queue/index.ts';
import type {HostName} from '../spec/stack.ts';
import type {Workload} from '../spec/workload.ts';
import type {Environments} from './environments/environments.ts';
import type {LogLine} from './log-line.ts';
import type {
  Accepted,
  Actor,
  CheckpointRow,
  CustomerLimits,
  EventRow,
  Scope,
  Store,
  Submission,
  Wish,
  WorkerRow,
  WorkloadId,
  WorkloadRow,
} from './store/store.ts';
import type {WorkloadFigures} from './workload-figures.ts';
import type {WorkloadState} from './workload-states.ts';

/**
 * What an API, a command or a program asks of a coordinator in this process (`startCoordinator`). Any of several on one
 * database answers; the one that leads decides. Errors are those of `Store` but where it says more.
 */
export interface Coordinator {
  /** Random; in the lease row and the audit. */
  readonly id: string;
  readonly store: Store;
  /** The stacks that it serves; absent of one that serves none (`niyanta run`). */
  readonly environments?: Environments;
  leads(): boolean;

  /**
   * Accepts all of one call or none, durably; calls made at once share a transaction. OutsideError `stopping` once `stop`
   * was called.
   */
  submit(submissions: readonly Submission[]): Promise<readonly Accepted[]>;
  /** Whether a type here takes it, before it is submitted; `at`: where it stands in a body. Errors: UserError, UserErrors. */
  check(workload: Workload, at: readonly (string | number)[]): void;
  ask(scope: Scope, id: WorkloadId, wish: Wish, actor: Actor): Promise<WorkloadRow | undefined>;
  /** Why it is where it is; undefined: no such workload. */
  why(scope: Scope, id: WorkloadId): Promise<Why | undefined>;
  /**
   * The lines of one attempt, the newest unless told: of the host while it runs, as kept in the store when it has ended.
   * Ends with the attempt, or at once without `follow`. Undefined: no such workload.
   */
  logs(scope: Scope, id: WorkloadId, options: LogOptions): Promise<AsyncIterable<LogLine> | undefined>;

  /** Has it write a checkpoint, and waits until that is stored. Errors: UserError `not-possible`, OutsideError `no-checkpoint`. */
  checkpointNow(scope: Scope, id: WorkloadId, actor: Actor): Promise<CheckpointRow | undefined>;
  /** Its files as a tar, decompressed and checked. Errors: OutsideError `corrupt-checkpoint`. Undefined: no such one. */
  openCheckpoint(scope: Scope, id: WorkloadId, number: number): Promise<Readable | undefined>;

  /**
   * Has a workload that does not run begin again from a checkpoint, the newest when none is said; its content is held against
   * its checksum first. Errors: UserError `not-possible`, `unknown-checkpoint`.
   */
  restore(scope: Scope, id: WorkloadId, number: number | undefined, actor: Actor): Promise<WorkloadRow | undefined>;
  /** Submits a copy of a workload that begins from its checkpoint, whatever state it is in. Errors: as `restore`. */
  restoreAsNew(
    scope: Scope,
    id: WorkloadId,
    wish: {readonly number?: number; readonly idempotencyKey?: string; readonly actor: Actor},
  ): Promise<WorkloadRow | undefined>;

  /** What runs and what it uses now, newest first, at most `limit`. */
  figures(scope: Scope, limit: number): Promise<readonly WorkloadFigures[]>;

  /** Workers as stored, with what is known of them now. */
  workers(): Promise<readonly WorkerNow[]>;
  /** Places nothing there any more, and has what runs there write a checkpoint and go elsewhere (with `stop` what has none, too, which begins anew); false: no such worker. */
  drain(worker: HostName, drained: boolean, actor: Actor, stop?: boolean): Promise<boolean>;

  /** Each event once, in order, soon after it happened, whichever coordinator wrote it. Returns how to stop. */
  subscribe(listener: (event: EventRow) => void): () => void;
  health(): Health;

  /** What may change at run time: hosts by their pool, settings here. */
  reconfigure(settings: Partial<CoordinatorSettings>): void;
  /**
   * No new work is begun, reports are finished, the lease is given back. What runs on hosts stays, for the next
   * coordinator; types that run in this process are cut off, and their attempts begun anew by the next.
   */
  stop(options: {readonly deadlineMs: number}): Promise<void>;
}

export interface LogOptions {
  readonly follow: boolean;
  readonly attempt?: number;
  /** `LogLine.id` of the last line that the reader has. */
  readonly after?: string;
  readonly signal: AbortSignal;
}

/** Why a workload is where it is. */
export interface Why {
  readonly id: WorkloadId;
  readonly state: WorkloadState;
  /** One line for people. */
  readonly text: string;
  /** What must happen first: `after build (success)`, `not before 2026-11-21T18:00:00Z`. */
  readonly waits: readonly string[];
  /** Why workers cannot take it: those with the same reason together. */
  readonly rejected: readonly {readonly reason: string; readonly workers: number; readonly some: readonly HostName[]}[];
  /** Among its customer's that may start, from 1. */
  readonly position?: number;
}

export interface WorkerNow extends WorkerRow {
  /** suspect: silent for 5 s, nothing new is placed. lost: for 10 s. unknown: this coordinator does not lead. */
  readonly condition: 'well' | 'suspect' | 'lost' | 'unknown';
  readonly running: number;
}

export interface Health {
  /** Whether it can accept and answer; not whether it leads. */
  readonly ready: boolean;
  readonly checks: readonly HealthCheck[];
}

export interface HealthCheck {
  /** `database`, `leader`, `hosts`, `broker`. */
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Times in milliseconds. `defaultCoordinatorSettings` has what people need. */
export interface CoordinatorSettings {
  readonly lease: {
    readonly ttlMs: number;
    readonly renewMs: number;
    readonly marginMs: number;
    readonly pollMs: number;
  };
  /** How often a worker is asked for a sign of life; how long it is silent until nothing is placed there, and until its workloads are lost. */
  readonly silence: {readonly beatMs: number; readonly suspectMs: number; readonly lostMs: number};
  /** A round at least this often, beside those for what happens. */
  readonly round: {readonly everyMs: number};
  /** Failures outside of a workload (host lost, image not pulled) that are tried again without counting as its own. */
  readonly outsideFailures: {readonly max: number; readonly initialMs: number; readonly maxMs: number};
  /** A workload that failed on so many different workers is not tried on more. */
  readonly poisonWorkers: number;
  /** At most so many workloads of lost workers are started elsewhere in a minute while most workers are silent. */
  readonly partition: {readonly share: number; readonly perMinute: number};
  /** Starts at once on one worker. */
  readonly startsPerWorker: number;
  /** How often served environments, and the loads of their services, are looked at when nothing tells of a change. */
  readonly stacks: {readonly lookEveryMs: number; readonly scaleEveryMs: number};
  /** Ended workloads and events are removed after so long. */
  readonly keep: {readonly workloadsMs: number; readonly eventsMs: number};
  /** Of customers whose own limits say nothing, by tier. */
  readonly tierLimits: Readonly<Record<string, CustomerLimits>>;
  readonly queue: QueueSettings;
}
