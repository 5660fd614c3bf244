import type {EnvironmentName} from '../spec/stack.ts';
import type {LeaseBoard} from './lease-board.ts';
import type {Backup} from './store.ts';

/** What has to be so, and stay so, while something is written. */
export type Guard =
  /** These leases are held by these holdings; LeaseGone otherwise. */
  | {readonly kind: 'held'; readonly leases: readonly HeldBy[]}
  /** Nobody holds any; UserError `lock-held` otherwise. */
  | {readonly kind: 'free'};

export interface HeldBy {
  readonly environment: EnvironmentName;
  /** Of the holding. */
  readonly id: string;
}

/** A lease that was counted on is another's now; `state-store.ts` tells people. */
export class LeaseGone extends Error {
  readonly environment: EnvironmentName;
  constructor(environment: EnvironmentName) {
    super(`the lease on ${environment} is gone`);
    this.environment = environment;
  }
}

/** What differs between the stores: keeping texts in a place, with one writer at a time. */
export interface StoreBackend {
  /** For people, without any password: `/home/me/shop/niyanta.lock.json`, `ssh://h1/var/lib/niyanta/shop.lock.json`. */
  readonly location: string;
  readonly leases: LeaseBoard;
  /** The lock file's text; undefined when there is none. */
  readText(): Promise<string | undefined>;
  /**
   * Puts what `make` gives in place of the lock file's text, durably, and keeps the old one among the backups. Neither
   * the text nor what is guarded changes in between. `make` may be called again when somebody was faster.
   */
  swapText(guard: Guard, make: (old: string | undefined) => Promise<string>): Promise<void>;
  /** The salt for a lock file that is not there yet: random, and the same from the first call on, whoever calls. */
  initialSalt(): Promise<string>;
  /** Newest first. */
  backups(): Promise<readonly Backup[]>;
  /** Undefined when it is no longer kept. */
  backupText(serial: number): Promise<string | undefined>;
  /** Appends to a run's lines, durably, while the lease is held; never called twice at once for one run. */
  appendLines(held: HeldBy, run: string, lines: string): Promise<void>;
  /** In any order. */
  runs(environment: EnvironmentName): Promise<readonly string[]>;
  /** All lines as they were appended; empty when there is no such run. */
  lines(environment: EnvironmentName, run: string): Promise<string>;
  close(): Promise<void>;
}
