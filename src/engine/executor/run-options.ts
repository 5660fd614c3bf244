import type {PinnedImage} from '../runtime/container-spec.ts';
import type {HostName} from '../spec/stack.ts';
import type {Actions, Peer} from './actions.ts';
import type {ApplyResult, OnEvent} from './events.ts';
import type {Inverse, Present} from './inverse.ts';
import type {RunLog} from './run-journal.ts';
import type {Clock, ReleaseBook} from './run-switch.ts';
import type {RoutesBefore} from './traffic-before.ts';

/** How a plan is run. */
export interface RunOptions {
  readonly actions: Actions;
  /** Containers of this environment before the plan runs. */
  readonly present: readonly Present[];
  /** Listed although their hosts cannot be reached. */
  readonly silent?: readonly Peer[];
  /** What the proxies of the environment's hosts have, and how services with a release are split. */
  readonly routes: RoutesBefore;
  /** Where releases are written down while they go on. */
  readonly releases: ReleaseBook;
  readonly clock: Clock;
  /** How each operation is taken back, by id: `inversesOf`. */
  readonly inverses: ReadonlyMap<string, Inverse>;
  /** `rollback` takes everything back, `stop` keeps what was done, `continue` does what does not depend on it. */
  readonly onFailure: 'rollback' | 'stop' | 'continue';
  readonly keepFailed: boolean;
  /** Something ran before, so that a failure that is taken back is a rollback and not a failed first deploy. */
  readonly deployedBefore: boolean;
  /** Operations in flight on one host; most of their time is waiting for health. */
  readonly inFlightPerHost: number;
  /** On how many hosts operations may run at once; no limit when absent. */
  readonly hostsAtOnce?: number;
  /** How many hosts may be lost meanwhile and gone on without. */
  readonly mayLose: number;
  readonly signal: AbortSignal;
  readonly onEvent: OnEvent;
  /** Told of every event; that an operation starts, before a host is touched by it. */
  readonly journal: RunLog;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** How it ended. */
export interface RunEnd {
  readonly outcome: ApplyResult['outcome'];
  readonly operations: ApplyResult['operations'];
  /** Digests that were found out, by `PinnedImage.source`. */
  readonly images: ReadonlyMap<string, PinnedImage>;
  /** What failed first, to be shown. */
  readonly error?: unknown;
  /** What could not be taken back or cleaned up. */
  readonly leftovers: readonly string[];
  /** Hosts that were lost meanwhile, and gone on without. */
  readonly lost: readonly HostName[];
}
