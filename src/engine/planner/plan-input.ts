import type {ContainerId, ContainerSpec, PinnedImage} from '../runtime/container-spec.ts';
import type {ObservedHost} from '../runtime/observed.ts';
import type {Project, ProjectProxy} from '../spec/project.ts';
import type {EnvironmentName, HostName, ImageSource, ServiceName, Stack, VolumeName} from '../spec/stack.ts';
import type {EnvironmentState} from '../state/lock-file.ts';

/** Everything a plan is made of. The same input gives the same plan; the order of its lists does not matter. */
export interface PlanInput {
  readonly project: Pick<Project, 'name' | 'hosts' | 'network'>;
  /** What is desired. */
  readonly stack: Stack;
  readonly environment: EnvironmentName;
  /** Serial of the lock file. */
  readonly serial: number;
  /** This environment in the lock file; absent before the first apply. */
  readonly lock?: EnvironmentState;
  /** How many replicas each service had that was applied last; empty before the first apply and after a destroy. */
  readonly replicas?: ReadonlyMap<ServiceName, number>;
  /** Subnets (CIDR) that other environments in the lock file have, on whichever host. */
  readonly takenSubnets: readonly string[];
  /** One for each host of the project. */
  readonly observed: readonly ObservedHost[];
  /** What each service's image resolves to. */
  readonly images: Readonly<Record<ServiceName, ResolvedImage>>;
  /** Secret name → short salted hash, for every secret that the stack refers to. */
  readonly secrets: Readonly<Record<string, string>>;
  /** `none`: no copy of secret files on the hosts' disks. */
  readonly secretsAtRest?: 'none';
  /** What a service asks for that a host's containerd cannot do, as sentences. */
  readonly unsupported: Readonly<Record<HostName, Readonly<Record<ServiceName, readonly string[]>>>>;
  /** Hash of niyanta's own scripts as this version installs them. */
  readonly toolkit: string;
  readonly naming: Naming;
  /** Must be there where the stack has routes. */
  readonly proxy?: ProxyInput;
  readonly options: PlanOptions;
}

/** How hosts of the project get proxies. */
export interface ProxyInput {
  readonly settings: ProjectProxy;
  /** Absent where Caddy is a program of the hosts, or the stack has no routes. */
  readonly image?: ResolvedImage;
}

export interface PlanOptions {
  readonly purpose: 'apply' | 'rollback';
  /** Only these services, and what they need that is missing. */
  readonly targets?: readonly ServiceName[];
  /** How many unreachable hosts may be left out; with more the plan is refused. */
  readonly maxUnreachable: number;
  /**
   * Start replicas elsewhere when their host is unreachable, in place of leaving them: those without volumes, and those whose
   * volumes may be lost (`onLost: reschedule`).
   */
  readonly moveLost?: boolean;
  /** Containers that run and are to be replaced all the same: they are unhealthy. */
  readonly unhealthy?: readonly ContainerId[];
  /** A coordinator has the environment: services with `scale` follow their load. */
  readonly served?: boolean;
  /** A volume that goes to another host, and its service with it. */
  readonly move?: VolumeMove;
}

export interface VolumeMove {
  readonly volume: VolumeName;
  readonly from: HostName;
  readonly to: HostName;
}

/** An image as far as it is known before anything is pulled or built. */
export interface ResolvedImage {
  readonly source: ImageSource;
  /** As in PinnedImage.source. */
  readonly label: string;
  /** Absent where only apply finds out: a tag never resolved, a build never built. */
  readonly pinned?: PinnedImage;
  /** Bytes that each host would have to be sent, when known. */
  readonly bytes?: Readonly<Record<HostName, number>>;
}

/** One environment of one stack of one project. */
export interface Scope {
  readonly project: string;
  readonly stack: string;
  readonly environment: EnvironmentName;
}

/** How runtime names and compares things; functions of values alone. */
export interface Naming {
  /** A new id for a new container; `distinction` (6 hex digits) tells it from those the replica had before. */
  readonly containerId: (
    of: Scope & {readonly service: ServiceName; readonly replica: number; readonly distinction: string},
  ) => ContainerId;
  /** Hash of the parts of a spec that need a new container when they change. */
  readonly runtimeHash: (spec: ContainerSpec) => string;
  /** The bridge of an environment. */
  readonly bridge: (scope: Scope) => string;
  /** Its device to other hosts. */
  readonly device: (scope: Scope) => string;
  /** The number that tells its packets from others', unless another environment has it already: 1 to 0xffffff. */
  readonly vni: (scope: Scope) => number;
  /** The MAC that goes with an address. */
  readonly mac: (address: string) => string;
  /** Directory of a volume on its host. */
  readonly volumePath: (scope: Scope, volume: VolumeName) => string;
  /** The same volume as ObservedHost.volumes lists it: `STACK-ENV/NAME`. */
  readonly volumeFolder: (scope: Scope, volume: VolumeName) => string;
  /** What ObservedContainer.names of one container holds when its hosts file is right; `peers` include itself. */
  readonly names: (self: NamedPeer, peers: readonly NamedPeer[]) => readonly string[];
}

/** A replica that answers to a name on its host. */
export interface NamedPeer {
  readonly id: ContainerId;
  readonly service: ServiceName;
  readonly replica: number;
  readonly address: string;
}
