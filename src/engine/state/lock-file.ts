import type {MadeEnvironment} from '../spec/made-environment.ts';
import type {EnvironmentName, HostName, ServiceName, Stack} from '../spec/stack.ts';
import type {SealedSecrets} from './sealed-secrets.ts';

/** The lock file: readable by people, safe to commit, no secret in it in clear. */
export interface LockFile {
  readonly version: 1;
  readonly project: string;
  /** +1 a write. */
  readonly serial: number;
  /** Random, base64: salts the fingerprints of secrets. */
  readonly salt: string;
  /** Highest fencing number of environments that were forgotten: one of the same name goes on from there. */
  readonly fenceFloor?: number;
  /** Names of those environments, the last one at the end: what hosts still have of them was this state's. */
  readonly forgotten?: readonly EnvironmentName[];
  readonly environments: Readonly<Record<EnvironmentName, EnvironmentState>>;
  /** Encrypted with age, for `secrets: {store: state}`. */
  readonly secrets?: SealedSecrets;
}

export interface EnvironmentState {
  readonly stack: string;
  /** When it stands in no file: made by `niyanta env create`. */
  readonly made?: MadeEnvironment;
  /** When `env rm --expired` may remove it. */
  readonly expires?: Expiry;
  /** Highest fencing number given out for this environment. */
  readonly fence: number;
  /** By `PinnedImage.source` (a reference, `archive:backend.tar`, `build:backend`): what it was resolved to. */
  readonly images: Readonly<Record<string, PinnedReference>>;
  /** CIDR of this environment on each host. */
  readonly subnets: Readonly<Record<HostName, string>>;
  /** Where each replica was put. */
  readonly placements: Readonly<Record<ServiceName, readonly Placement[]>>;
  /** Services stopped on purpose, by `niyanta stop`. */
  readonly stopped: readonly ServiceName[];
  /** Hosts that a change went on without, until one has reached them again; absent when there are none. */
  readonly quarantine?: Readonly<Record<HostName, Quarantine>>;
  /** Releases of services that are not at their end: both old and new replicas run. */
  readonly releases?: Readonly<Record<ServiceName, ReleaseRecord>>;
  /** Newest last. */
  readonly history: readonly HistoryEntry[];
}

/** A host that did not answer. */
export interface Quarantine {
  /** RFC 3339: of the first change that went on without it. */
  readonly since: string;
}

export interface Expiry {
  /** RFC 3339. */
  readonly at: string;
  /** Milliseconds after each apply, when it was said of this environment alone; niyanta.yaml's rule counts otherwise. */
  readonly lifetimeMs?: number;
}

export interface PinnedReference {
  readonly digest: string;
  /** For a build: the hash of its context, file and arguments that gave this digest. */
  readonly key?: string;
  /** RFC 3339. */
  readonly resolvedAt: string;
}

export interface Placement {
  readonly replica: number;
  readonly host: HostName;
  readonly address: string;
  readonly container: string;
  readonly ports: readonly number[];
}

/** What changed an environment. */
export type HistoryAction =
  | 'apply'
  | 'destroy'
  | 'rollback'
  | 'scale'
  | 'start'
  | 'stop'
  | 'restart'
  | 'rebuild'
  | 'undo'
  | 'volume-restore'
  | 'volume-move'
  | ReleaseAction;

export interface HistoryEntry {
  readonly serial: number;
  /** RFC 3339. */
  readonly at: string;
  /** user@machine. */
  readonly who: string;
  readonly action: HistoryAction;
  readonly outcome: 'applied' | 'rolled-back' | 'rollback-failed' | 'partly-applied' | 'failed' | 'cancelled';
  /** `2 created, 1 replaced`. */
  readonly summary: string;
  /** The stack that was applied and the digests it had, so that `rollback --to` needs no files. */
  readonly stack?: Stack;
  readonly images?: Readonly<Record<string, PinnedReference>>;
  /** Of a promotion: the environment and serial whose images these are. */
  readonly promoted?: {readonly from: EnvironmentName; readonly serial: number};
}

/** Of an environment that has nothing yet. */
export const emptyState = (stack: string): EnvironmentState => ({
  stack,
  fence: 0,
  images: {},
  subnets: {},
  placements: {},
  stopped: [],
  history: [],
});
/** What `niyanta release` and `route split` do. */
export type ReleaseAction = 'promote' | 'abort' | 'split';

/** A container of a release and how others know it. */
export interface ReleaseMember {
  readonly host: HostName;
  readonly id: string;
  readonly service: ServiceName;
  readonly replica: number;
  readonly address: string;
}

/** A release of one service while it goes on; what is not in it any more was not there when last looked. */
export interface ReleaseRecord {
  readonly strategy: 'blue-green' | 'canary';
  /** RFC 3339: when the apply began that started the new ones. */
  readonly since: string;
  /** Percent of the requests that the new ones get; at 100 names lead to them, too. */
  readonly weight: number;
  /** Of a canary: the step it is at, from 1, of how many. */
  readonly step?: number;
  readonly steps?: number;
  /** running: an apply is, or was, at it. open: it waits for `niyanta release promote` or `abort`. */
  readonly phase: 'running' | 'open';
  /** A visitor stays with the side that answered first. */
  readonly sticky?: boolean;
  /** Services that are switched together with this one. */
  readonly together: readonly ServiceName[];
  /** The new ones (green). */
  readonly new: readonly ReleaseMember[];
  /** The old ones (blue). */
  readonly old: readonly ReleaseMember[];
  /** What someone asked of the apply that is at it. */
  readonly request?: {readonly what: 'promote' | 'abort'; readonly by: string; readonly at: string};
}
