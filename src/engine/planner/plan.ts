import type {ContainerSpec, PinnedImage} from '../runtime/container-spec.ts';
import type {Aspect} from '../runtime/deviations/deviation.ts';
import type {HostNetwork} from '../runtime/host-network.ts';
import type {Leftover} from '../runtime/leftovers/leftover.ts';
import type {ProxyRoutes} from '../runtime/proxy/proxy-routes.ts';
import type {ProxySpec} from '../runtime/proxy/proxy-spec.ts';
import type {VolumeBackup} from '../spec/backup.ts';
import type {HookTime} from '../spec/hooks.ts';
import type {CanaryJudge, CanaryStep, EnvironmentName, HostName, ImageSource, ServiceName} from '../spec/stack.ts';
import type {ReleaseMember, ReleaseRecord} from '../state/lock-file.ts';

/** Stable: made of kind, host and name, so that the same intent has the same id in two plans. */
export type OperationId = string;

/** An ordered difference between desired and observed, as data. Text, JSON, progress and history render this. */
export interface Plan {
  readonly version: 1;
  readonly project: string;
  readonly stack: string;
  readonly environment: EnvironmentName;
  /** What the plan is for: `apply`, or one of the commands that plan on their own. */
  readonly purpose: 'apply' | 'destroy' | 'rollback' | 'promote' | 'abort';
  /** Serial of the state that was read. */
  readonly serial: number;
  /** Hash of everything that was observed and decided on; apply of a saved plan checks it. */
  readonly fingerprint: string;
  readonly operations: readonly Operation[];
  /** Services that get another number of replicas than they were last applied with; absent when none does. */
  readonly replicas?: readonly ReplicaCount[];
  /** Hooks that run when an operation fails, before anything is taken back. */
  readonly onFailure?: readonly HookOperation[];
  /** Where every desired replica runs, kept ones too. */
  readonly placements: readonly Placed[];
  readonly drift: readonly Drift[];
  readonly interruption: readonly Interruption[];
  /** Bytes to transfer, as far as known. */
  readonly bytes: number;
  readonly summary: {
    readonly create: number;
    readonly update: number;
    readonly replace: number;
    readonly delete: number;
  };
  /** Things worth knowing that change nothing: an unreachable host that was left out, a lost replica. */
  readonly warnings: readonly string[];
  /** What services are given beyond the defaults, as far as it is new; absent when nothing is. */
  readonly security?: readonly SecurityNote[];
  /** Environment of the lock file after success: subnets and addresses given out. */
  readonly subnets: Readonly<Record<HostName, string>>;
}

export interface ReplicaCount {
  readonly service: ServiceName;
  readonly from: number;
  readonly to: number;
}

/** A default of security that a service loosens. */
export interface SecurityNote {
  readonly service: ServiceName;
  /** `capability`, `seccomp`, `new-privileges`, `host-mount`. */
  readonly what: string;
  /** `NET_ADMIN`, `unconfined`, `true`, `/etc:ro`. */
  readonly value: string;
  /** For people, after the name of the service: `has the capability NET_ADMIN`. */
  readonly text: string;
}

export interface Change {
  /** `image`, `env.DATABASE_URL`, `resources.memory`. */
  readonly path: string;
  readonly from?: unknown;
  readonly to?: unknown;
  /** This change forces a new container. */
  readonly forces: boolean;
}

interface OperationBase {
  readonly id: OperationId;
  readonly action: 'create' | 'update' | 'replace' | 'delete';
  readonly service?: ServiceName;
  readonly replica?: number;
  readonly host: HostName;
  /** For people and --json alike: `image changed`, `host h2 is in drain`. */
  readonly reason: string;
  readonly changes: readonly Change[];
  readonly after: readonly OperationId[];
  /** Bytes to transfer, when known. */
  readonly bytes?: number;
}

export type Operation =
  | HostOperation
  | ImageOperation
  | VolumeOperation
  | BackupOperation
  | NetworkOperation
  | ContainerOperation
  | SwitchOperation
  | NamesOperation
  | RepairOperation
  | SweepOperation
  | HookOperation
  | ProxyOperation
  | RouteOperation;

/** Install or renew niyanta's own scripts (logger, network, boot) on a host. */
export interface HostOperation extends OperationBase {
  readonly kind: 'host';
}

/** Bring an image to a host: pulled there by reference, or sent from here. */
export interface ImageOperation extends OperationBase {
  readonly kind: 'image';
  readonly source: ImageSource;
  /** As in PinnedImage.source. */
  readonly label: string;
  /** Known when pinned, archived or built before; found out on apply otherwise. */
  readonly pinned?: PinnedImage;
}

export interface VolumeOperation extends OperationBase {
  readonly kind: 'volume';
  readonly volume: string;
  /** Directory on the host. */
  readonly path: string;
  /** Its data is copied from this host, where it stays. */
  readonly from?: HostName;
}

/** Back a volume up before something happens that its data might not survive. */
export interface BackupOperation extends OperationBase {
  readonly kind: 'backup';
  readonly volume: string;
  readonly path: string;
  /** As the stack says, secrets by name. */
  readonly backup: VolumeBackup;
  readonly why: 'before-change' | 'before-destroy';
}

export interface ContainerOperation extends OperationBase {
  readonly kind: 'container';
  /** What shall run; absent for `delete`. `image.digest` is '' where apply will find it out. */
  readonly spec?: ContainerSpec;
  /** Containers of the same replica that this one supersedes or deletes, on whichever host they are. */
  readonly previous: readonly {readonly host: HostName; readonly id: string}[];
  /**
   * start-first: the old one runs until the new one is healthy. stop-first: the old one stops before, and is kept
   * stopped until the new one is healthy. Meaningless without `previous`.
   */
  readonly order: 'start-first' | 'stop-first';
  /**
   * manifest: rewrite the manifest only. start: the container exists and shall run and be healthy; it may run already,
   * when an interrupted plan did not get as far as checking its health. create with action `replace`: the second half
   * of a replacement in two parts, whose `delete` ran before.
   */
  readonly how: 'create' | 'replace' | 'manifest' | 'start' | 'delete';
  /** Of `create` and `start`: once healthy it waits beside the old ones for a switch, and is not listed until then. */
  readonly staged?: boolean;
}

/**
 * Sends requests to new replicas in place of old ones, by all proxies and names or by none; what was replaced is drained
 * and removed when all else of the plan is done. A canary gets there step by step.
 */
export interface SwitchOperation extends OperationBase {
  readonly kind: 'switch';
  readonly services: readonly ServiceName[];
  readonly strategy: ReleaseRecord['strategy'];
  readonly to: readonly ReleaseMember[];
  readonly from: readonly ReleaseMember[];
  /** Percent that the new ones get when this begins. */
  readonly weight: number;
  /** Of a canary, those that are left. */
  readonly steps: readonly CanaryStep[];
  /** Steps that an earlier apply did. */
  readonly stepsBefore: number;
  readonly judge?: CanaryJudge;
  readonly sticky: boolean;
  /** manual: the release stays open at its last weight. */
  readonly promote: 'auto' | 'manual';
  /** An abort: `to` are the old ones, and the new ones have `weight` when this begins. */
  readonly back?: true;
}

/** Make a host's part of the environment's network as it should be: who its peers are, and who is kept out. */
export interface NetworkOperation extends OperationBase {
  readonly kind: 'network';
  readonly bridge: string;
  /** What the host shall have; absent for `delete`. */
  readonly network?: HostNetwork;
  /** What it has when this begins, to go back to; absent when nothing. */
  readonly before?: HostNetwork;
}

/** Rewrite the hosts files of one environment on one host. */
export interface NamesOperation extends OperationBase {
  readonly kind: 'names';
}

/** Puts right, while it runs, what someone changed about a container and its surroundings. */
export interface RepairOperation extends OperationBase {
  readonly kind: 'repair';
  /** As its manifest says. */
  readonly spec: ContainerSpec;
  readonly aspects: readonly Aspect[];
}

/** Removes from a host what belongs to no container. */
export interface SweepOperation extends OperationBase {
  readonly kind: 'sweep';
  readonly leftovers: readonly Leftover[];
}

/** Makes a host's proxy what the project asks for; absent `proxy`: takes it away. */
export interface ProxyOperation extends OperationBase {
  readonly kind: 'proxy';
  readonly proxy?: ProxySpec;
  /** What it is when this begins; absent when there is none. */
  readonly before?: ProxySpec;
}

/** Makes an environment's routes on a host's proxy what they should be, with those upstreams that are there then. */
export interface RouteOperation extends OperationBase {
  readonly kind: 'route';
  /** With the upstreams that there are when all of the plan is done; no routes at all takes the slice away. */
  readonly routes: ProxyRoutes;
  /** What the host's proxy has when this begins; absent when nothing. */
  readonly before?: ProxyRoutes;
}

/** Runs a job of the stack once, to its end. */
export interface HookOperation extends OperationBase {
  readonly kind: 'hook';
  readonly hook: string;
  readonly when: HookTime;
  /** Its container; `image.digest` is '' where apply will find it out. */
  readonly spec: ContainerSpec;
  /** Of one try. */
  readonly timeoutMs: number;
  readonly retries: number;
}

export interface Placed {
  readonly service: ServiceName;
  readonly replica: number;
  readonly host: HostName;
  /** Why here: `spread over host`, `has volume db-data`, `runs here already`. */
  readonly because: string;
  readonly rejected: readonly {readonly host: HostName; readonly reason: string}[];
}

/** What someone else changed: of a replica, or of the environment's network on a host. */
export interface Drift {
  readonly service?: ServiceName;
  readonly replica?: number;
  readonly host: HostName;
  /** `stopped`, `removed`, `recreated`, `network deleted`, `port 8080 not forwarded`, `limits changed`. */
  readonly what: string;
  /** `resources.memory`, where there is a value to compare. */
  readonly path?: string;
  /** As it is. */
  readonly from?: unknown;
  /** As it was applied. */
  readonly to?: unknown;
}

export interface Interruption {
  readonly service: ServiceName;
  /** Of a container that stops when asked. */
  readonly expectedMs: number;
  /** Of one that takes all of its grace to stop. */
  readonly atMostMs: number;
  readonly because: string;
}
