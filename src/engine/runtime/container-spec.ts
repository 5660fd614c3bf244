import type {
  EnvironmentName,
  Health,
  HostMount,
  HostName,
  LogLimits,
  PublishedPort,
  Resources,
  SecretFile,
  ServiceFile,
  ServiceName,
} from '../spec/stack.ts';

/** Unique on a host, at most 76 characters of [A-Za-z0-9_.-] (containerd's rule for identifiers). */
export type ContainerId = string;

/**
 * One replica on one host, complete: what is needed to create it, again after a reboot, and to compare it with what
 * runs. Stored as the container's manifest on the host. Env values may hold `${secret:NAME}`, never a secret.
 */
export interface ContainerSpec {
  readonly id: ContainerId;
  readonly project: string;
  readonly stack: string;
  readonly environment: EnvironmentName;
  readonly service: ServiceName;
  /** Counts from 1. */
  readonly replica: number;
  readonly host: HostName;
  readonly image: PinnedImage;
  readonly env: Readonly<Record<string, string>>;
  /** Fingerprints of the secrets that env and files refer to: name → short salted hash. A changed secret is a changed spec. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Secrets that it has as files; absent when there are none, so that containers made before stay as they are. */
  readonly secretFiles?: readonly SecretFile[];
  /** `none`: no copy of these files on the host's disk; after a reboot it waits for the next apply. */
  readonly secretsAtRest?: 'none';
  readonly command?: readonly string[];
  /** In place of the image's entrypoint and command. */
  readonly entrypoint?: readonly string[];
  readonly workdir?: string;
  readonly user?: string;
  /** Named volumes, with the directory they have on the host. */
  readonly volumes: readonly {
    readonly volume: string;
    readonly source: string;
    readonly target: string;
    readonly readOnly: boolean;
  }[];
  /** Kept on the host beside the manifest; absent when there are none. */
  readonly files?: readonly ServiceFile[];
  readonly mounts: readonly HostMount[];
  readonly ports: readonly PublishedPort[];
  readonly readOnly: boolean;
  readonly capabilities: {readonly add: readonly string[]; readonly drop: readonly string[]};
  readonly seccomp: 'default' | 'unconfined';
  readonly noNewPrivileges: boolean;
  readonly resources: Resources;
  readonly restart: 'always' | 'on-failure' | 'never';
  readonly stop: {readonly signal: string; readonly graceMs: number};
  /** How its log is turned over; the logger's own measure when absent. */
  readonly logs?: LogLimits;
  readonly health?: Health;
  readonly labels: Readonly<Record<string, string>>;
  readonly network: ContainerNetwork;
}

export interface PinnedImage {
  /** What people wrote: a reference, `archive:backend.tar`, `build:backend`. */
  readonly source: string;
  /** The name under which the image is in containerd on the host. */
  readonly name: string;
  /** `sha256:…` of the manifest or index. */
  readonly digest: string;
}

export interface ContainerNetwork {
  /** The bridge of this environment on this host: `ny` and 8 hex digits (IFNAMSIZ is 16). */
  readonly bridge: string;
  /** CIDR of this environment on this host, for example 10.89.3.0/24. */
  readonly subnet: string;
  readonly gateway: string;
  readonly address: string;
  /** Bytes; absent in containers made before there were networks across hosts. */
  readonly mtu?: number;
}

/** What stands in /var/lib/niyanta/containers/ID.json. */
export interface Manifest {
  readonly version: 1;
  readonly spec: ContainerSpec;
  /** Hash of the parts of the spec that need a new container when they change. */
  readonly runtimeHash: string;
  /** Hash of all of the spec. */
  readonly specHash: string;
  /** Serial of the state that created it. */
  readonly serial: number;
  /** RFC 3339. */
  readonly createdAt: string;
  /** Stopped on purpose, by `niyanta stop`. */
  readonly stopped: boolean;
}
