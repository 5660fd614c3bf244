import type {EnvironmentName} from '../spec/stack.ts';
import type {LockFile} from './lock-file.ts';

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
}

export interface Lease {
  readonly holder: LeaseHolder;
  /** Aborted when the lease could not be renewed in time: stop changing things. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/** Where state lives. One interface, one set of tests; `file:` now, `ssh://` and `postgres://` next. */
export interface StateStore {
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
  replace(make: (old: {readonly serial: number; readonly salt: string}) => LockFile): Promise<LockFile>;
  /** Waits up to `waitMs` or until aborted, then UserError `lock-held` (exit 4) with who, since when, from where. */
  acquire(
    environment: EnvironmentName,
    reason: string,
    options: {
      readonly waitMs: number;
      readonly onWait?: (holder: LeaseHolder) => void;
      readonly signal?: AbortSignal;
    },
  ): Promise<Lease>;
  holder(environment: EnvironmentName): Promise<LeaseHolder | undefined>;
  /** Who holds what now, sorted by environment. */
  holders(): Promise<readonly {readonly environment: EnvironmentName; readonly holder: LeaseHolder}[]>;
  /** Breaks a lease by hand. */
  release(environment: EnvironmentName): Promise<LeaseHolder | undefined>;
}
