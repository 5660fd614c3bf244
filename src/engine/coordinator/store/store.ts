import type {HostName} from '../../spec/stack.ts';
import type {WorkloadState} from '../workload-states.ts';
import type {
  ApiKeyRow,
  Candidate,
  Customer,
  CustomerRow,
  EventQuery,
  EventRow,
  Firing,
  KeyRotation,
  LeaderRow,
  Leadership,
  NewApiKey,
  NewEvent,
  NewSchedule,
  ScheduleRow,
} from './account-rows.ts';
import type {Reserved, Spent, SpentQuery, Trend, TrendsQuery} from './analytics-rows.ts';
import type {EnvironmentStore} from './environment-store.ts';
import type {
  Accepted,
  Actor,
  AttemptReport,
  AttemptRow,
  CheckpointRow,
  CustomerId,
  FileRow,
  LeaderChange,
  NewCheckpoint,
  Page,
  Placement,
  RunRow,
  Scope,
  Submission,
  Wish,
  WorkerBeat,
  WorkerRow,
  WorkloadId,
  WorkloadQuery,
  WorkloadRow,
} from './workload-rows.ts';

export type * from './account-rows.ts';
export type * from './analytics-rows.ts';
export type * from './environment-store.ts';
export type * from './workload-rows.ts';

/** What alone was changed; anything may have been without it. */
export type HintAbout = 'workloads';
export type HintListener = (about?: HintAbout) => void;

/**
 * What a coordinator knows, durably: the database is the truth, everything in memory can be made of it again.
 * Two implementations, SQLite and PostgreSQL, and one suite of behaviour tests for both.
 *
 * Every verb is one transaction: when it has resolved, it is on disk; when it has rejected, nothing of it is. Times are
 * the database's clock. A scope says whose rows a caller sees; `everyone` is for coordinators and admins alone.
 */
export interface Store extends EnvironmentStore {
  readonly kind: 'sqlite' | 'postgres';

  /** The database's clock, in milliseconds since 1970. */
  now(): Promise<number>;
  /** Names this database, the same for all coordinators on it and after a restore: whose attempts are on a host. */
  identity(): Promise<string>;

  // Leading. One coordinator decides; its generation fences what a former one still writes.

  /** Takes the lead when nobody has it or its time is over, or keeps it; undefined when another one has it. */
  lead(candidate: Candidate): Promise<Leadership | undefined>;
  /** Gives it back at once; nothing when it is another's by now. */
  resign(leadership: Leadership): Promise<void>;
  leader(): Promise<LeaderRow | undefined>;

  // Submitting and asking. Anybody of the API does these, on any coordinator.

  /**
   * Accepts all or none, in their order: durable when it resolves. An idempotency key that was used before gives the
   * workload of then (`doubled`). Errors: UserError `idempotency-conflict` (same key, other content), `unknown-workload`
   * (an `after` that names none of the batch and none of the customer's).
   */
  submit(submissions: readonly Submission[]): Promise<readonly Accepted[]>;
  workload(scope: Scope, id: WorkloadId): Promise<WorkloadRow | undefined>;
  /** Newest first, at most `limit`; `next` goes on from there. */
  workloads(scope: Scope, query: WorkloadQuery): Promise<Page<WorkloadRow>>;
  /** How those of a name ended that succeeded or failed, newest first, at most `limit`. */
  runsOf(scope: Scope, name: string, limit: number): Promise<readonly RunRow[]>;
  attempts(scope: Scope, id: WorkloadId): Promise<readonly AttemptRow[]>;
  counts(scope: Scope): Promise<Readonly<Record<WorkloadState, number>>>;
  /**
   * Cancels, pauses, resumes, tries again. What holds no place changes at once; of what runs, the wish is kept (`wanted`),
   * and the leader carries it out. Errors: UserError `not-possible` with the state it is in; undefined: no such workload.
   */
  ask(scope: Scope, id: WorkloadId, wish: Wish, actor: Actor): Promise<WorkloadRow | undefined>;

  // Deciding. Only a leader; each refuses with OutsideError `not-leading` when the generation is not the newest.

  /** What changed since, for the leader's picture of the world; all that has not ended, without a cursor. */
  changes(
    cursor: string | undefined,
    limit: number,
  ): Promise<{readonly rows: readonly WorkloadRow[]; readonly cursor: string; readonly more: boolean}>;
  /** PENDING or RETRYING → SCHEDULED with a new attempt and lease. Those that changed meanwhile are left out. */
  place(leadership: Leadership, placements: readonly Placement[]): Promise<readonly AttemptRow[]>;
  /** Other transitions that the leader decides; those whose `from` is not true any more are left out. Returns the done. */
  change(leadership: Leadership, changes: readonly LeaderChange[]): Promise<readonly WorkloadId[]>;
  /** Why each waits, for `why`; no event. */
  explain(
    leadership: Leadership,
    reasons: readonly {readonly workload: WorkloadId; readonly reason: string}[],
  ): Promise<void>;

  // Reporting. Counts only for the newest attempt and its lease; `fenced` otherwise: the worker must stop it.

  /**
   * `fenced`: another attempt or lease, or one that has ended (this one's end said twice, too). Of a living one, what may
   * not follow the state it is in (said late) counts and changes no state; the same state again takes the progress.
   */
  report(reports: readonly AttemptReport[]): Promise<readonly ('counted' | 'fenced')[]>;

  // Analytics: over what is kept (`keep` of settings), by the time of acceptance and of ends.

  /** Each interval of the period, in order. */
  trends(scope: Scope, query: TrendsQuery): Promise<readonly Trend[]>;
  spent(scope: Scope, query: SpentQuery): Promise<readonly Spent[]>;
  /** How many wait for their turn, their time or a place, with this name and all of these labels. */
  waiting(scope: Scope, query: Pick<WorkloadQuery, 'name' | 'labels'>): Promise<number>;
  /** What holds a place on each worker that has any, now. */
  reserved(scope: Scope): Promise<readonly Reserved[]>;

  // Workers.

  workers(): Promise<readonly WorkerRow[]>;
  /** Upserts; one statement for all of them. */
  beat(beats: readonly WorkerBeat[]): Promise<void>;
  /** `stop`: what has no checkpoints is stopped there, too. False: no such worker. */
  setDrained(worker: HostName, drained: boolean, actor: Actor, stop?: boolean): Promise<boolean>;
  forget(worker: HostName, actor: Actor): Promise<boolean>;

  // Checkpoints, and what goes in and comes out.

  /** Refused (`fenced`) for anything but the newest attempt. Drops what is beyond `keep`, and returns those. */
  addCheckpoint(
    checkpoint: NewCheckpoint,
    keep: number,
  ): Promise<{readonly outcome: 'counted' | 'fenced'; readonly dropped: readonly CheckpointRow[]}>;
  /** Newest first. */
  checkpoints(scope: Scope, id: WorkloadId): Promise<readonly CheckpointRow[]>;
  /**
   * Has a workload that does not run begin again from this checkpoint; the newest good one when none is said. Those after it
   * are set aside. Errors: UserError `not-possible`, `unknown-checkpoint`; undefined: no such workload.
   */
  restore(scope: Scope, id: WorkloadId, number: number | undefined, actor: Actor): Promise<WorkloadRow | undefined>;
  markCorrupt(id: WorkloadId, number: number, reason: string): Promise<void>;
  /** Content by its SHA-256 (hex); the same content is kept once. */
  putBlob(content: Uint8Array): Promise<string>;
  blob(sha256: string): Promise<Uint8Array | undefined>;

  // Files that customers send. What nobody refers to is removed a day after it was last asked for.

  /** Keeps a content as a file of the customer. Errors: UserError `files-full`, beyond `most` bytes of the customer's. */
  putFile(customer: CustomerId, content: Uint8Array, most: number): Promise<FileRow>;
  /** Makes a file of others of the customer. Errors: UserError `file-missing`. Whether the hash is theirs is the caller's to know. */
  joinFile(customer: CustomerId, file: FileRow): Promise<void>;
  /** Those of these that the customer has, kept for another day. */
  files(customer: CustomerId, sha256s: readonly string[]): Promise<readonly FileRow[]>;
  /** Whoever has it. */
  file(sha256: string): Promise<FileRow | undefined>;

  // Schedules.

  putSchedule(schedule: NewSchedule, actor: Actor): Promise<ScheduleRow>;
  schedules(scope: Scope): Promise<readonly ScheduleRow[]>;
  removeSchedule(scope: Scope, id: string, actor: Actor): Promise<boolean>;
  setSuspended(scope: Scope, id: string, suspended: boolean, actor: Actor): Promise<boolean>;
  /** Submits what is due and remembers until when it has looked, in one: never twice. */
  fire(leadership: Leadership, firing: Firing): Promise<readonly Accepted[]>;

  // Customers and their keys.

  putCustomer(customer: Customer, actor: Actor): Promise<void>;
  customers(): Promise<readonly CustomerRow[]>;
  /**
   * Removes a customer with its schedules and revokes its keys; what has ended, and the audit, stay as long as they would.
   * Errors: UserError `not-possible` while it has workloads that have not ended, or environments. False: no such customer.
   */
  removeCustomer(id: CustomerId, actor: Actor): Promise<boolean>;
  addKey(key: NewApiKey, actor: Actor): Promise<void>;
  /** With hashes; never shown to anybody. */
  keyByPrefix(prefix: string): Promise<ApiKeyRow | undefined>;
  keys(scope: Scope): Promise<readonly ApiKeyRow[]>;
  revokeKey(scope: Scope, id: string, actor: Actor): Promise<boolean>;
  /**
   * Another key with the same rights beside it, in one: the former one opens until `overlapMs` from now at most. Undefined: no
   * such key. Errors: UserError `not-possible` when it is revoked or expired.
   */
  rotateKey(id: string, rotation: KeyRotation, actor: Actor): Promise<ApiKeyRow | undefined>;

  // What happened: appended, never changed.

  /** In their order, after the given number. */
  events(scope: Scope, query: EventQuery): Promise<readonly EventRow[]>;
  /** The number of the newest event, 0 when there is none: where a reader begins that wants what comes. */
  newestEvent(): Promise<number>;
  /** Something that is no transition: a key made, a host drained, an election. */
  note(event: NewEvent): Promise<void>;
  /** Removes events, and ended workloads with all of theirs, that are older than this. Returns how many. */
  expire(before: {
    readonly events: number;
    readonly workloads: number;
  }): Promise<{readonly events: number; readonly workloads: number}>;

  /**
   * Calls soon after anybody on this database submitted, asked, reported or resigned. A hint that may be lost or doubled:
   * PostgreSQL's NOTIFY; of SQLite never, whose one coordinator knows by itself. Returns how to stop.
   */
  onHint(listener: HintListener): Promise<() => Promise<void>>;

  close(): Promise<void>;
}
