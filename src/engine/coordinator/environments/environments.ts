import type {Readable} from 'node:stream';
import type {ApplyEvent} from '../../executor/events.ts';
import type {LogRecord} from '../../log-sources.ts';
import type {Plan} from '../../planner/plan.ts';
import type {ReleaseStatus} from '../../release-status.ts';
import type {ShownReplicas} from '../../show-replicas.ts';
import type {ServiceName} from '../../spec/stack.ts';
import type {HistoryEntry} from '../../state/lock-file.ts';
import type {Actor, CustomerId, Page, Scope} from '../store/store.ts';
import type {BundleRow, ChangeRow, EnvironmentId, EnvironmentRow} from './environment-rows.ts';

export type * from './environment-rows.ts';

/**
 * The stacks that a coordinator serves: applied through it, watched, healed. Any coordinator on a database answers; what
 * changes hosts is kept as a *change* (durable when the verb resolves) and carried out by the one that leads, one at a
 * time an environment, in the order of their numbers. Undefined and false: there is no such environment in this scope.
 */
export interface Environments {
  /**
   * Takes in a project as it stands: a tar as `packProject` makes it (niyanta.yaml, stack files, what they name, images,
   * and `niyanta-bundle.json`, which says which stack, environment and parameters). Read and checked as `niyanta validate`
   * does, and kept by its content. Errors: UserError `bundle-invalid` (links, `..`, too large, not a tar), UserError(s) of
   * the files with their positions, `unknown-host` for hosts that the coordinator does not have.
   */
  putBundle(tar: Readable): Promise<BundleRow>;

  /** By id, from `after` (a `next`). */
  list(scope: Scope, query: EnvironmentQuery): Promise<Page<EnvironmentRow>>;
  get(scope: Scope, id: EnvironmentId): Promise<EnvironmentRow | undefined>;

  /**
   * What applying this bundle would change. Changes nothing and may be asked of any coordinator. To apply just this one,
   * give its `serial` and `fingerprint` to `apply` as `agreed`. Errors: UserError `unknown-bundle`, `not-yours`, those of
   * planning.
   */
  plan(scope: Scope, wish: PlanWish, signal: AbortSignal): Promise<Plan>;
  /** The same of another change; errors are those of planning it. */
  planChange(scope: Scope, id: EnvironmentId, wish: ChangePlanWish, signal: AbortSignal): Promise<Plan | undefined>;
  /** Creates the environment, or changes it. `owner`: whose a new one is. Errors: UserError `unknown-bundle`, `not-yours`. */
  apply(scope: Scope, owner: CustomerId, wish: ApplyWish, actor: Actor): Promise<ChangeRow>;
  /**
   * Applies a bundle of just this environment, which has to be there; `revision`: and only if it is at that one. Errors:
   * UserError `unknown-bundle`, `another-environment`, `changed-meanwhile`.
   */
  update(scope: Scope, id: EnvironmentId, wish: UpdateWish, actor: Actor): Promise<ChangeRow | undefined>;
  /** Other numbers of replicas, until the next apply says otherwise. Errors: UserError `not-applied`, `unknown-service`. */
  scale(
    scope: Scope,
    id: EnvironmentId,
    counts: Readonly<Record<ServiceName, number>>,
    actor: Actor,
  ): Promise<ChangeRow | undefined>;
  /** Back to what ran at a serial of the history; before the present one when absent. */
  rollback(scope: Scope, id: EnvironmentId, wish: {readonly to?: number}, actor: Actor): Promise<ChangeRow | undefined>;
  /** Removes what runs, and then the environment itself; volumes only when told. */
  destroy(
    scope: Scope,
    id: EnvironmentId,
    wish: {readonly volumes: boolean},
    actor: Actor,
  ): Promise<ChangeRow | undefined>;
  /** Releases that are not at their end: those that go on, and those that wait for people. */
  releases(scope: Scope, id: EnvironmentId): Promise<ReleaseStatus | undefined>;
  /**
   * Brings releases to their end: by a change of its own, or by the one that is at them, which is asked and does so within
   * seconds. Returns that change. Errors: UserError `no-release`.
   */
  endRelease(scope: Scope, id: EnvironmentId, wish: EndReleaseWish, actor: Actor): Promise<ChangeRow | undefined>;
  /** Starts, stops or restarts services; what was stopped stays so, whatever is healed. Errors: UserError `not-applied`, `unknown-service`. */
  operate(scope: Scope, id: EnvironmentId, wish: OperateWish, actor: Actor): Promise<ChangeRow | undefined>;
  /** Lets go of it: what runs goes on, unwatched, and a direct `niyanta apply` is possible again. */
  release(scope: Scope, id: EnvironmentId, actor: Actor): Promise<ChangeRow | undefined>;
  /** Looks and heals now, whatever its backoff; closes its breaker. */
  heal(scope: Scope, id: EnvironmentId, actor: Actor): Promise<ChangeRow | undefined>;
  /** Whether it is healed by itself; it is watched and reported either way. */
  setHealing(scope: Scope, id: EnvironmentId, healing: EnvironmentRow['healing'], actor: Actor): Promise<boolean>;

  /** Newest first. */
  changes(scope: Scope, id: EnvironmentId, query: ChangeQuery): Promise<Page<ChangeRow> | undefined>;
  change(scope: Scope, id: EnvironmentId, number: number): Promise<ChangeRow | undefined>;
  /**
   * What happens while a change is carried out, from its beginning or after the event `after`; ends with the change. Of
   * one that has ended: all of it, as long as it is kept (20 runs). Events are those of `apply --json`.
   */
  follow(
    scope: Scope,
    id: EnvironmentId,
    number: number,
    options: FollowOptions,
  ): Promise<AsyncIterable<ChangeEvent> | undefined>;

  /** As `niyanta history`: oldest first. */
  history(scope: Scope, id: EnvironmentId): Promise<readonly HistoryEntry[] | undefined>;
  /** As `niyanta ps`: looks at the hosts. */
  replicas(scope: Scope, id: EnvironmentId, options: ReplicaOptions): Promise<ShownReplicas | undefined>;
  /**
   * As `niyanta logs`: the newest lines of its replicas in order of time, then, with `follow`, what comes. Errors: Refusal
   * `invalid-cursor`.
   */
  logs(
    scope: Scope,
    id: EnvironmentId,
    options: EnvironmentLogOptions,
  ): Promise<AsyncIterable<ReplicaLine> | undefined>;
}

/** What is given has to be the same. */
export interface EnvironmentQuery
  extends Partial<Pick<EnvironmentRow, 'project' | 'environment' | 'stack' | 'condition'>> {
  readonly after?: string;
  readonly limit: number;
}

export interface ChangeQuery {
  readonly after?: string;
  readonly limit: number;
}

export interface PlanWish {
  /** Of `putBundle`. */
  readonly bundle: string;
  /** Only these services. */
  readonly targets?: readonly ServiceName[];
  /** Ask registries what tags mean now. */
  readonly pull?: boolean;
}

export type ChangePlanWish =
  | {readonly kind: 'scale'; readonly counts: Readonly<Record<ServiceName, number>>}
  | {readonly kind: 'rollback'; readonly to?: number}
  | {readonly kind: 'destroy'; readonly volumes: boolean}
  | {readonly kind: EndReleaseWish['what']; readonly service?: string | undefined};

export interface EndReleaseWish {
  readonly what: 'promote' | 'abort';
  /** All that are open when absent. */
  readonly service?: string | undefined;
}

export interface OperateWish {
  readonly verb: 'start' | 'stop' | 'restart';
  /** All when absent or empty. */
  readonly services?: readonly ServiceName[] | undefined;
}

export interface ApplyWish extends PlanWish {
  readonly onFailure?: 'rollback' | 'stop' | 'continue';
  /** The plan that was looked at: the change fails with `stale-plan` when state or hosts moved since. */
  readonly agreed?: Pick<Plan, 'serial' | 'fingerprint'>;
  /** The same key again, of the same environment: the change of then. */
  readonly idempotencyKey?: string;
}

export interface UpdateWish extends ApplyWish {
  /** `EnvironmentRow.revision` as whoever asks has seen it. */
  readonly revision?: number;
}

export interface FollowOptions {
  /** `ChangeEvent.id` of the last that the reader has. */
  readonly after?: number;
  readonly signal: AbortSignal;
}

export interface ChangeEvent {
  /** From 1, in its change. */
  readonly id: number;
  readonly event: ApplyEvent;
}

export interface ReplicaOptions {
  /** `backend`, `backend/2`; all when absent. */
  readonly services?: readonly string[];
  readonly signal: AbortSignal;
}

export interface EnvironmentLogOptions extends ReplicaOptions {
  readonly follow: boolean;
  /** The newest lines of each replica to begin with. */
  readonly tail?: number;
  /** RFC 3339: lines from then on. */
  readonly since?: string;
  /** `ReplicaLine.id` of the last line that the reader has: nothing is told twice, and nothing left out. */
  readonly after?: string;
}

export interface ReplicaLine {
  /** Of lines that are followed, but not where replicas are too many (some 450): how far all of them were read. */
  readonly id?: string;
  readonly line: LogRecord;
}
