import type {HostName} from '../../spec/stack.ts';
import type {AfterRule, ScheduleRule, Workload} from '../../spec/workload.ts';
import type {WorkloadState} from '../workload-states.ts';

/**
 * What a coordinator knows, durably: the database is the truth, everything in memory can be made of it again.
 * Two implementations, SQLite and PostgreSQL, and one suite of behaviour tests for both.
 *
 * Every verb is one transaction: when it has resolved, it is on disk; when it has rejected, nothing of it is. Times are
 * the database's clock. A scope says whose rows a caller sees; `everyone` is for coordinators and admins alone.
 */
export interface Store {
  readonly kind: 'sqlite' | 'postgres';

  /** The database's clock, in milliseconds since 1970. */
  now(): Promise<number>;

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

  report(reports: readonly AttemptReport[]): Promise<readonly ('counted' | 'fenced')[]>;

  // Workers.

  workers(): Promise<readonly WorkerRow[]>;
  /** Upserts; one statement for all of them. */
  beat(beats: readonly WorkerBeat[]): Promise<void>;
  setDrained(worker: HostName, drained: boolean, actor: Actor): Promise<boolean>;
  forget(worker: HostName, actor: Actor): Promise<boolean>;

  // Checkpoints, and what goes in and comes out.

  /** Refused (`fenced`) for anything but the newest attempt. Drops what is beyond `keep`, and returns those. */
  addCheckpoint(
    checkpoint: NewCheckpoint,
    keep: number,
  ): Promise<{readonly outcome: 'counted' | 'fenced'; readonly dropped: readonly CheckpointRow[]}>;
  /** Newest first. */
  checkpoints(scope: Scope, id: WorkloadId): Promise<readonly CheckpointRow[]>;
  markCorrupt(id: WorkloadId, number: number, reason: string): Promise<void>;
  /** Content by its SHA-256 (hex); the same content is kept once. */
  putBlob(content: Uint8Array): Promise<string>;
  blob(sha256: string): Promise<Uint8Array | undefined>;

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
  addKey(key: NewApiKey, actor: Actor): Promise<void>;
  /** With hashes; never shown to anybody. */
  keyByPrefix(prefix: string): Promise<ApiKeyRow | undefined>;
  keys(scope: Scope): Promise<readonly ApiKeyRow[]>;
  revokeKey(scope: Scope, id: string, actor: Actor): Promise<boolean>;

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
  onHint(listener: () => void): Promise<() => Promise<void>>;

  close(): Promise<void>;
}

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

export interface Submission {
  readonly id: WorkloadId;
  readonly customer: CustomerId;
  readonly workload: Workload;
  /** SHA-256 of each input file by its target; the blobs were put before. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly idempotencyKey?: string;
  /** Not before this time. */
  readonly notBefore?: number;
  readonly schedule?: string;
  readonly batch?: string;
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

/** A host that executes workloads. */
export interface WorkerRow {
  readonly name: HostName;
  readonly kind: 'ssh' | 'agent';
  readonly region?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly capacity: WorkerCapacity;
  readonly drained: boolean;
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

export type WorkerBeat = Omit<WorkerRow, 'drained' | 'seenAt'>;

export interface CheckpointRow {
  readonly workload: WorkloadId;
  /** Counts from 1 over all attempts. */
  readonly number: number;
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
}

export interface NewCheckpoint extends Omit<CheckpointRow, 'takenAt' | 'corrupt'> {
  readonly lease: string;
}

export interface NewSchedule {
  readonly id: string;
  readonly customer: CustomerId;
  readonly workload: Workload;
  readonly rule: ScheduleRule;
  readonly inputs: Readonly<Record<string, string>>;
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
  readonly after?: number;
  readonly workload?: WorkloadId;
  readonly types?: readonly string[];
  readonly limit: number;
}
