import type {
  HostName,
  PlacementRules,
  PublishedPort,
  Resources,
  ServiceName,
  Volume,
  VolumeName,
} from '../spec/stack.ts';

/** Everything `place` decides on. The order of its lists never changes the result. */
export interface PlacementRequest {
  readonly hosts: readonly CandidateHost[];
  readonly services: readonly PlaceableService[];
  /** Replicas that stay where they are whatever happens: stopped on purpose, on an unreachable host, not targeted. */
  readonly fixed: readonly FixedReplica[];
}

/** A host as the scheduler sees it. */
export interface CandidateHost {
  readonly name: HostName;
  /** Why nothing can be put there: `unreachable: timed out`, `containerd is not installed`. */
  readonly unusable?: string;
  readonly drained: boolean;
  /** With `host` (its name) and `region` among them. */
  readonly labels: Readonly<Record<string, string>>;
  readonly capacity: Capacity;
  /** What containers of other stacks and environments have reserved. */
  readonly reserved: Capacity;
  /** Ports that are not free for this stack. */
  readonly ports: readonly TakenPort[];
  /** Volumes of this environment whose data is here. */
  readonly volumes: readonly VolumeName[];
  /** What a service asks for that this host's containerd cannot do. */
  readonly unsupported: Readonly<Record<ServiceName, readonly string[]>>;
}

/** Cores and bytes. */
export interface Capacity {
  readonly cpu: number;
  readonly memory: number;
}

export interface TakenPort {
  readonly protocol: 'tcp' | 'udp';
  /** All addresses when absent. */
  readonly address?: string;
  readonly port: number;
  /** `nginx`, `frontend 1 of shop/staging`. */
  readonly by: string;
}

export interface PlaceableService {
  readonly name: ServiceName;
  readonly replicas: readonly PlaceableReplica[];
  readonly needs: readonly ServiceName[];
  readonly rules: PlacementRules;
  readonly resources: Resources;
  readonly ports: readonly PublishedPort[];
  readonly volumes: readonly Volume['name'][];
}

export interface PlaceableReplica {
  readonly replica: number;
  /** Where it runs now, and what it holds there. */
  readonly present?: {
    readonly host: HostName;
    readonly resources: Resources;
    readonly ports: readonly PublishedPort[];
  };
  /** Where it ran before it vanished: taken again if it fits there. */
  readonly last?: HostName;
}

export interface FixedReplica {
  readonly service: ServiceName;
  readonly replica: number;
  readonly host: HostName;
  readonly resources: Resources;
  readonly ports: readonly PublishedPort[];
  readonly volumes: readonly VolumeName[];
}

/** Where every replica goes, sorted by service and replica. */
export interface PlacementResult {
  readonly placements: readonly PlacedReplica[];
}

export interface PlacedReplica {
  readonly service: ServiceName;
  readonly replica: number;
  readonly host: HostName;
  /** Why here: `spread over host`, `has volume db-data`, `runs here already`. */
  readonly because: string;
  /** Every other host, sorted by name, with why not. */
  readonly rejected: readonly RejectedHost[];
}

export interface RejectedHost {
  readonly host: HostName;
  readonly reason: string;
  /** It would have fitted; another one was better. */
  readonly fits: boolean;
}
