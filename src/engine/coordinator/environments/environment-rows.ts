import type {ApplyResult} from '../../executor/events.ts';
import type {ServiceName} from '../../spec/stack.ts';
import type {Actor, CustomerId} from '../store/workload-rows.ts';

/** `PROJECT.ENVIRONMENT`, unique in a coordinator: the name under which hosts know it, too. */
export type EnvironmentId = string;

/** A project as it stood when it was sent. */
export interface BundleRow {
  /** Of its manifest (hex): the same content is the same bundle. */
  readonly sha256: string;
  readonly project: string;
  readonly environment: string;
  readonly stack: string;
  readonly files: number;
  readonly bytes: number;
  readonly keptAt: number;
}

/** A file of a bundle: its content, in order, as blobs of the store. */
export interface BundleFile {
  /** Relative to the project's folder, with `/`; never out of it. */
  readonly path: string;
  readonly size: number;
  readonly executable?: true;
  /** SHA-256 of each part. */
  readonly parts: readonly string[];
}

export interface NewBundle extends Omit<BundleRow, 'keptAt' | 'files'> {
  readonly manifest: readonly BundleFile[];
}

export interface KeptBundle extends BundleRow {
  readonly manifest: readonly BundleFile[];
}

/**
 * pending: nothing was applied yet. healthy: as it was applied last. changing: a change is carried out. healing: it is
 * not, and is being put right. degraded: it is not, and cannot be put right now; `reason` says why.
 */
export type EnvironmentCondition = 'pending' | 'healthy' | 'changing' | 'healing' | 'degraded';

export interface EnvironmentRow {
  readonly id: EnvironmentId;
  readonly customer: CustomerId;
  readonly project: string;
  readonly environment: string;
  readonly stack: string;
  /** That was applied last, or is about to be. */
  readonly bundle: string;
  readonly condition: EnvironmentCondition;
  /** For people: `web 1 of 2: h2 is lost; tried again in 40 s`. */
  readonly reason?: string;
  readonly conditionSince: number;
  readonly healing: 'on' | 'paused';
  /** The number of the newest change. */
  readonly newestChange: number;
  /** That of the newest change that somebody asked for: healings and scaling by load are none. */
  readonly revision: number;
  /** Each service with the replicas that were asked for and those that run well, when it was last looked at. */
  readonly services: readonly ServedService[];
  readonly lookedAt?: number;
  readonly createdAt: number;
  readonly changedAt: number;
}

export interface ServedService {
  readonly service: ServiceName;
  readonly wanted: number;
  readonly good: number;
}

export const changeKinds = [
  ...(['apply', 'scale', 'rollback', 'destroy', 'release', 'heal'] as const),
  ...(['promote', 'abort', 'start', 'stop', 'restart'] as const),
] as const;
export type ChangeKind = (typeof changeKinds)[number];

/**
 * waiting: kept. running: a leader is at it; one that is killed has its successor go on. done, failed: ended. The hosts
 * and the state say what became of it, whatever the end was.
 */
export type ChangeState = 'waiting' | 'running' | 'done' | 'failed';

/** Something that was asked of an environment, or a healing. */
export interface ChangeRow {
  readonly environment: EnvironmentId;
  /** From 1, in the order in which they are carried out. */
  readonly number: number;
  readonly kind: ChangeKind;
  readonly bundle?: string;
  readonly options: ChangeOptions;
  readonly actor: Actor;
  readonly state: ChangeState;
  readonly askedAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** In the journal, in their order: a second one when a leader went on with what another began. */
  readonly runs: readonly string[];
  readonly outcome?: ChangeOutcome;
}

export interface ChangeOptions {
  readonly targets?: readonly ServiceName[];
  readonly pull?: boolean;
  readonly onFailure?: 'rollback' | 'stop' | 'continue';
  readonly agreed?: {readonly serial: number; readonly fingerprint: string};
  readonly counts?: Readonly<Record<ServiceName, number>>;
  readonly to?: number;
  readonly volumes?: boolean;
  /** Of promote and abort: whose release; of all when absent. */
  readonly service?: ServiceName;
  /** Of start, stop and restart; all when absent. */
  readonly services?: readonly ServiceName[];
  /** Of a healing: what it is for. */
  readonly why?: string;
  /** Of a healing: containers that run and are replaced, since they are unhealthy. */
  readonly unhealthy?: readonly string[];
  /** Of a healing: what it puts right, `web/2@h1`, to know what did not last. */
  readonly parts?: readonly string[];
}

export interface ChangeOutcome {
  readonly result: ApplyResult['outcome'] | 'refused';
  /** Of the state afterwards. */
  readonly serial?: number;
  /** `2 created, 1 replaced`. */
  readonly summary?: string;
  readonly error?: {readonly code: string; readonly message: string; readonly hint?: string};
  readonly leftovers?: readonly string[];
}

/** A change as it is asked for. */
export interface NewChange extends Pick<ChangeRow, 'environment' | 'kind' | 'bundle' | 'options' | 'actor'> {
  /** Whose a new environment is. */
  readonly owner?: CustomerId;
  /** Of an apply: it changes what is there, at this revision when one is said, and makes nothing anew. */
  readonly update?: {readonly revision?: number};
  /** Of the client, else random: the same again is the same change. */
  readonly token: string;
}

/** What the leader saw of an environment. */
export interface Seen extends Pick<EnvironmentRow, 'condition' | 'reason'> {
  /** Absent: not looked at now. */
  readonly services?: EnvironmentRow['services'];
}
