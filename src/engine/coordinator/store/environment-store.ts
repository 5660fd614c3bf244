import type {
  BundleRow,
  ChangeOutcome,
  ChangeRow,
  EnvironmentId,
  EnvironmentRow,
  KeptBundle,
  NewBundle,
  NewChange,
  Seen,
} from '../environments/environment-rows.ts';
import type {EnvironmentQuery} from '../environments/environments.ts';
import type {Leadership} from './account-rows.ts';
import type {States} from './states/open-states.ts';
import type {Actor, Page, Scope} from './workload-rows.ts';

/** What a store knows of served stacks. Part of `Store`, whose words on transactions, times and scopes hold here, too. */
export interface EnvironmentStore {
  /** States of the projects, of an embedded database; absent in PostgreSQL, where commands have them without a coordinator, too. */
  readonly states?: States;
  /** Its blobs were put before. The same bundle again: kept for another day. */
  putBundle(bundle: NewBundle): Promise<BundleRow>;
  bundle(sha256: string): Promise<KeptBundle | undefined>;

  /** Those that are not removed, by id, after the given one. */
  environments(scope: Scope, query: EnvironmentQuery): Promise<Page<EnvironmentRow>>;
  environment(scope: Scope, id: EnvironmentId): Promise<EnvironmentRow | undefined>;
  /**
   * Keeps a change, to be carried out by the leader; an `apply` makes the environment when there is none. The same token
   * again gives the change of then. Errors: UserError `not-yours`, `idempotency-conflict`, `unknown-bundle`,
   * `changed-meanwhile`. Undefined: no such environment.
   */
  askChange(scope: Scope, change: NewChange): Promise<ChangeRow | undefined>;
  setHealing(scope: Scope, id: EnvironmentId, healing: EnvironmentRow['healing'], actor: Actor): Promise<boolean>;
  /** Newest first, before the number `after`; of one that was removed, too. */
  changesOf(
    scope: Scope,
    id: EnvironmentId,
    query: {readonly after?: string; readonly limit: number},
  ): Promise<Page<ChangeRow> | undefined>;
  changeOf(scope: Scope, id: EnvironmentId, number: number): Promise<ChangeRow | undefined>;

  // By the leader alone; each refuses with OutsideError `not-leading` when the generation is not the newest.

  /** Those that are not at their end, by environment and number. */
  openChanges(): Promise<readonly ChangeRow[]>;
  /** waiting → running; one that is running stays so (a leader goes on with what another began). */
  beginChange(leadership: Leadership, id: EnvironmentId, number: number): Promise<boolean>;
  /** The run in the journal that carries it out. */
  noteRun(leadership: Leadership, id: EnvironmentId, number: number, run: string): Promise<void>;
  /** running → done or failed. After a `destroy` or `release` that was done, the environment is removed. */
  endChange(leadership: Leadership, id: EnvironmentId, number: number, outcome: ChangeOutcome): Promise<boolean>;
  /** What it was seen to be; an event when its condition or the reason for it is another one. */
  noteSeen(leadership: Leadership, id: EnvironmentId, seen: Seen): Promise<void>;
}
