import type {JsonValue} from '../spec/json-value.ts';
import type {EnvironmentName} from '../spec/stack.ts';
import type {LockFile} from './lock-file.ts';
import type {SealedSecrets} from './sealed-secrets.ts';

/** Who holds the right to change an environment. */
export interface LeaseHolder {
  /** Random; names this holding. */
  readonly id: string;
  /** user@machine. */
  readonly owner: string;
  readonly machine: string;
  readonly pid: number;
  /** RFC 3339, by the store's clock. */
  readonly since: string;
  readonly expires: string;
  /** The command line's verb: `apply`, `destroy`. */
  readonly reason: string;
  readonly fence: number;
  /** How far it said it was when it last renewed. */
  readonly progress?: LeaseProgress;
}

/** Who waits for an environment. */
export interface Waiter extends Pick<LeaseHolder, 'owner' | 'machine' | 'pid' | 'reason'> {
  /** RFC 3339, by the store's clock: since when it waits. */
  readonly since: string;
}

/** How far a holder is. */
export interface LeaseProgress extends Progress {
  /** RFC 3339, by the store's clock: when the store was told. */
  readonly at: string;
}

/** Steps done, of how many, and what is being done now, for people: `replacing web/2 on h1`. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly doing?: string;
}

export interface Lease {
  readonly holder: LeaseHolder;
  /** Remembers how far one is: told with the next renewal, so that it costs nothing. */
  report(progress: Progress): void;
  /** Aborted when the lease could not be renewed in time: stop changing things. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/**
 * Append-only records of runs (an apply, a destroy …), kept for each environment. Values are JSON; what they mean is the
 * executor's business.
 */
export interface Journal {
  /**
   * Durable when it resolves; appends made at once are written at once. The first append begins the run and drops all
   * but the newest 20 runs. Only while this store holds the environment's lease: OutsideError `lease-lost` otherwise.
   */
  append(environment: EnvironmentName, run: string, records: readonly JsonValue[]): Promise<void>;
  /** Run ids (`makeRunId`), newest first. */
  runs(environment: EnvironmentName): Promise<readonly string[]>;
  /** Oldest record first; a torn last record (power cut) is dropped. Empty when there is no such run. */
  read(environment: EnvironmentName, run: string): Promise<readonly JsonValue[]>;
}

/** A lock file that was replaced, as the store kept it. */
export interface Backup {
  readonly serial: number;
  /** Where it is, for people. */
  readonly location: string;
}

/** What could be told from a document that is replaced. */
export interface OldDocument {
  /** The highest that is known. */
  readonly serial: number;
  /** That of the document, else the one that its first would have. */
  readonly salt: string;
  /** Whether the salt is that of the document. */
  readonly saltKnown: boolean;
  /** Its encrypted secrets, where they can still be read: nobody else knows them. */
  readonly secrets?: SealedSecrets;
}

/** How one waits for a lease. */
export interface AcquireOptions {
  readonly waitMs: number;
  /** Told when one begins to wait, and when the holder, how far it is, or one's own place (1 is next) changes. */
  readonly onWait?: (holder: LeaseHolder, place: number) => void;
  /** Aborted: waits no longer. */
  readonly signal?: AbortSignal;
}

/**
 * Where state lives: `file:`, `ssh://` and `postgres://`, with one interface and one set of tests
 * (`test/engine/state/store-suite.ts`). A store that cannot be reached: OutsideError `state-unreachable`.
 */
export interface StateStore {
  /** For people: a path or a URL, without any password. */
  readonly location: string;
  readonly journal: Journal;
  /** The document; an empty one with serial 0 when there is none yet. Errors: UserError `lock-file-invalid`. */
  read(): Promise<LockFile>;
  /**
   * Writes serial + 1 when the stored serial is still `expected`; UserError `stale-state` (exit 8) otherwise. A store
   * that acquired leases writes only while it holds them all; OutsideError `lease-lost` (exit 4) otherwise.
   */
  update(expected: number, change: (lock: LockFile) => LockFile): Promise<LockFile>;
  /**
   * Puts a whole document in place of what is there, be it readable or not, with a serial above both. For restore and
   * rebuild. Errors: UserError `lock-held` while anybody holds a lease.
   */
  replace(make: (old: OldDocument) => LockFile): Promise<LockFile>;
  /** The last ten documents that were replaced, newest first. */
  backups(): Promise<readonly Backup[]>;
  /** One of them. Errors: UserError `backup-not-found`, and those of a lock file. */
  backup(serial: number): Promise<LockFile>;
  /** Waits for its turn, first come first served; then UserError `lock-held` (exit 4) with who, since when, from where. */
  acquire(environment: EnvironmentName, reason: string, options: AcquireOptions): Promise<Lease>;
  holder(environment: EnvironmentName): Promise<LeaseHolder | undefined>;
  /** Who waits for it, next first. */
  queue(environment: EnvironmentName): Promise<readonly Waiter[]>;
  /** Who holds what now, sorted by environment. */
  holders(): Promise<readonly {readonly environment: EnvironmentName; readonly holder: LeaseHolder}[]>;
  /** Breaks a lease by hand. */
  release(environment: EnvironmentName): Promise<LeaseHolder | undefined>;
  /** Ends what connects to it. */
  close(): Promise<void>;
}
