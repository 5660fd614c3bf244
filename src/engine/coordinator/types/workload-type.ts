import type {Readable} from 'node:stream';
import type {z} from 'zod';
import type {Connection} from '../../hosts/connection.ts';
import type {Gpu} from '../../spec/project.ts';
import type {HostName} from '../../spec/stack.ts';
import type {CheckpointRow, WorkloadId, WorkloadRow} from '../store/store.ts';

/**
 * What can be run as a workload. The coordinator calls, for each attempt: `init`, `execute`, and at its end `close`;
 * `checkpoint` any number of times while `execute` goes on. Whoever begins an attempt again (a coordinator that started
 * anew, a connection that was lost) calls `init` and `execute` again: both find what is there already.
 */
export interface WorkloadType<C = unknown> {
  /** As `type` of a workload says it. */
  readonly name: string;
  /** Checks what a workload gives it: `container` for the type of that name, `with` for others. */
  readonly config: z.ZodType<C>;
  /** Whether it needs a host; others run in the coordinator, and the worker they are placed on does not matter. */
  readonly onHost: boolean;
  /**
   * Everything before the start: image, inputs, the checkpoint to go on from. May be done twice. Errors: OutsideError,
   * `transient` where another try may help, `fenced` where a newer attempt has been on the host or this one was closed there; UserError for what no
   * try can mend.
   */
  init(attempt: Attempt<C>): Promise<void>;
  /**
   * Starts it, unless this attempt has been started, and waits for its end. Rejects with OutsideError when the end cannot
   * be seen (its host is lost), which is no end; and with the signal's reason once that is aborted, leaving alone what runs.
   */
  execute(attempt: Attempt<C>): Promise<AttemptEnd>;
  /**
   * Has it write a checkpoint, and keeps that. Undefined: none came in time, or it does not write any; it goes on then, or
   * has ended (`execute` tells). The coordinator gives it a number and tells the store.
   */
  checkpoint(attempt: Attempt<C>, notice: CheckpointNotice): Promise<TakenCheckpoint | undefined>;
  /** Ends what runs of it (signal, grace, kill) and removes what it left. May be done twice, and without `init`. */
  close(attempt: Attempt<C>): Promise<void>;
  /**
   * Attempts of this coordinator's database of which there is anything on a host, whatever the store says of them. Absent:
   * this type leaves nothing on hosts. `endsSince`: with those whose end from then on (database's clock) is all that is left.
   */
  found?(host: AttemptHost, endsSince?: number): Promise<readonly FoundAttempt[]>;
  /**
   * Ends and removes one that nobody wants any more; from then on `init` and `execute` of it reject as `fenced`, or
   * `execute` tells how it ended where it did so by itself. May be done twice.
   */
  clear?(host: AttemptHost, found: Pick<FoundAttempt, 'workload' | 'attempt'>): Promise<void>;
  /**
   * What it printed, from the line after `after`; the signal ends it. Absent: this type prints nothing. `follow`: until
   * the attempt has ended.
   */
  logs?(
    attempt: Attempt<C>,
    options: {readonly follow: boolean; readonly after?: string; readonly signal: AbortSignal},
  ): AsyncIterable<AttemptLogLine>;
}

/** One attempt of one workload, as its type sees it. */
export interface Attempt<C = unknown> {
  readonly workload: WorkloadRow;
  /** Counts from 1. */
  readonly attempt: number;
  readonly lease: string;
  readonly config: C;
  /** Where it runs; absent where the type needs none. */
  readonly host?: AttemptHost;
  /** Those that are not known to be corrupt, newest first: it goes on from the first one that is whole. */
  readonly checkpoints: readonly CheckpointRow[];
  readonly report: AttemptListener;
  /** Aborted when whoever began it lets go of it: nothing is ended by that. */
  readonly signal: AbortSignal;
}

export interface AttemptHost {
  readonly name: HostName;
  readonly connection: Connection;
  /** Absent: those that are found there. */
  readonly gpus?: readonly Gpu[];
  /** What it has for workloads of all coordinators together; absent: nobody counts it. */
  readonly room?: {readonly cpu: number; readonly memory: number};
  /** Starts at once there; absent: as many as the type likes. */
  readonly startsAtOnce?: number;
}

export interface FoundAttempt {
  readonly workload: WorkloadId;
  readonly attempt: number;
  readonly running: boolean;
  /**
   * It ended by itself. `there`: what it left was not collected; `kept`: its host knows how, no more. Either way `execute`
   * tells that end and starts nothing.
   */
  readonly ended?: 'there' | 'kept';
}

/** What an attempt tells while it runs. Calls cost nothing; failures of what follows from them are the listener's own. */
export interface AttemptListener {
  /** It runs now. Told by each `execute`, also when it ran before. */
  started(): void;
  /** 0 to 100. */
  progress(percent: number): void;
  /** It went on from this checkpoint. */
  restored(number: number): void;
  /** This checkpoint cannot be used; the one before is tried. */
  corrupt(number: number, reason: string): void;
  /** It wrote a checkpoint without being told to. */
  checkpointed(taken: TakenCheckpoint): void;
  /** What it wrote without being told to could not be kept; that is tried again. */
  notKept(error: unknown): void;
}

export interface CheckpointNotice {
  readonly why: CheckpointRow['why'];
  /** How long it may take; the workload's `checkpoint.graceMs`, as a rule. */
  readonly deadlineMs: number;
}

/** A checkpoint whose content is kept; the rest of a `CheckpointRow` is the coordinator's to add. */
export interface TakenCheckpoint {
  /** Bytes as stored, compressed. */
  readonly size: number;
  /** Of the content as stored; hex. */
  readonly sha256: string;
  readonly place: CheckpointRow['place'];
  /** 0 to 100, as it was when the checkpoint was written. */
  readonly progress?: number;
}

export interface AttemptEnd {
  /** `checkpointed`: it wrote a checkpoint and ended for it (exit 85); another attempt goes on from there. */
  readonly outcome: 'succeeded' | 'failed' | 'checkpointed';
  readonly exitCode?: number;
  /** In words: `exit 1`, `ended by the kernel: out of memory, limit 64 MiB`. */
  readonly reason: string;
  /** It did not fail by itself (its host was restarted): worth another attempt whatever its exit codes say. */
  readonly transient: boolean;
  /** JSON. */
  readonly result?: unknown;
  /** SHA-256 of each output file by its path, and of the log's end by `log`; their contents are in the store. */
  readonly outputs: Readonly<Record<string, string>>;
  /** The last checkpoint that it wrote, where `execute` found one that nobody had told of. */
  readonly checkpoint?: TakenCheckpoint;
}

/** One line that an attempt printed. */
export interface AttemptLogLine {
  /** To go on after it: opaque, grows within an attempt. */
  readonly id: string;
  /** RFC 3339 with microseconds, by the host's clock. */
  readonly at: string;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/** Where contents of checkpoints are kept, and come back from. */
export interface CheckpointKeeper {
  /**
   * Compresses a tar stream and keeps it. Errors: OutsideError `checkpoint-too-large` (no object storage is configured),
   * `checkpoint-storage-failed` (transient), or the stream's own.
   */
  keep(
    from: Pick<Attempt, 'workload' | 'attempt'>,
    tar: Readable,
  ): Promise<Pick<TakenCheckpoint, 'size' | 'sha256' | 'place'>>;
  /**
   * The tar stream, once all of the content was held against its checksum. Errors: OutsideError `checkpoint-corrupt`, for
   * good; `checkpoint-storage-failed` (transient) when object storage does not answer.
   */
  open(checkpoint: Pick<CheckpointRow, 'sha256' | 'size' | 'place'>): Promise<Readable>;
  /** Removes contents that nobody refers to any more; blobs are the store's own to remove. */
  drop(checkpoints: readonly Pick<CheckpointRow, 'place'>[]): Promise<void>;
  /** What ails the object storage, in words; undefined when it answers, or there is none. */
  trouble(): string | undefined;
}
