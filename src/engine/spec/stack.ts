/**
 * A stack as the rest of niyanta reads it: parsed, checked, defaults filled in, sizes in bytes, durations in
 * milliseconds, files read, parameters and `${env:…}` replaced. `${secret:NAME}` stays as written wherever it is
 * allowed (env, registry passwords), so that nothing that prints, plans or stores a stack can leak a secret;
 * the executor replaces it at the last moment.
 *
 * The zod schemas in `stack-schema.ts` produce this type and are the single source of validation.
 */

import type {VolumeBackup} from './backup.ts';
import type {Hook} from './hooks.ts';
import type {Route} from './route.ts';
import type {ScaleRule} from './scale.ts';

export type ServiceName = string;
export type VolumeName = string;
export type HostName = string;
export type EnvironmentName = string;

export interface Stack {
  readonly name: string;
  /** In the order of the file. */
  readonly services: readonly Service[];
  readonly volumes: readonly Volume[];
  /** Jobs around a change; absent when there are none. */
  readonly hooks?: readonly Hook[];
  /** What the proxies of the project's hosts send to which service. */
  readonly routes: readonly Route[];
  /** atomic: all services that get new replicas in one apply are switched to them at once. Absent: each by itself. */
  readonly release?: 'atomic' | 'each';
}

export interface Volume {
  readonly name: VolumeName;
  /** How it is backed up; not at all when absent. */
  readonly backup?: VolumeBackup;
  /** Its service starts elsewhere, with an empty one, when its host is lost; waits for it when absent. */
  readonly onLost?: 'reschedule';
}

export interface Service {
  readonly name: ServiceName;
  readonly image: ImageSource;
  readonly replicas: number;
  /** How `replicas` follows the load where a coordinator has the environment; `replicas` is where it begins. */
  readonly scale?: ScaleRule;
  /** Start order: a service starts when these are healthy. */
  readonly needs: readonly ServiceName[];
  /** Merged from env and env files, sorted by name; values may hold `${secret:NAME}`. */
  readonly env: Readonly<Record<string, string>>;
  /** Program in place of the image's entrypoint; its command does not count then, as in Compose. */
  readonly entrypoint?: readonly string[];
  /** Secrets delivered as files; absent when there are none. */
  readonly secrets?: readonly SecretFile[];
  /** Arguments after the image's entrypoint, in place of the image's own. */
  readonly command?: readonly string[];
  readonly workdir?: string;
  readonly health?: Health;
  /** Of a replica that runs and is unhealthy, where a coordinator has it; without volumes it is replaced when absent. */
  readonly onUnhealthy?: 'replace' | 'report';
  readonly volumes: readonly VolumeMount[];
  /** By path in the container; absent in stacks that were applied before there were any. */
  readonly files?: readonly ServiceFile[];
  readonly mounts: readonly HostMount[];
  readonly ports: readonly PublishedPort[];
  readonly user?: string;
  readonly readOnly: boolean;
  readonly capabilities: {readonly add: readonly string[]; readonly drop: readonly string[]};
  /** `default` is containerd's profile. */
  readonly seccomp: 'default' | 'unconfined';
  readonly noNewPrivileges: boolean;
  readonly resources: Resources;
  readonly restart: 'always' | 'on-failure' | 'never';
  readonly update: UpdatePolicy;
  readonly placement: PlacementRules;
  readonly stop: {readonly signal: string; readonly graceMs: number};
  readonly labels: Readonly<Record<string, string>>;
  /** How its log is turned over on its host; four files of 10 MiB when absent. */
  readonly logs?: LogLimits;
  /** Absent when everyone of the environment may reach it, and it may reach everything. */
  readonly network?: NetworkRules;
}

/** Who may reach a service's replicas, and what they may reach. */
export interface NetworkRules {
  /** Services of the environment that may connect to it; all when absent. */
  readonly from?: readonly ServiceName[];
  /** none: nothing outside of the environment's network. */
  readonly egress: 'any' | 'none';
}

export interface LogLimits {
  /** Bytes of one file. */
  readonly maxSize: number;
  /** Files, the one that is written to among them. */
  readonly maxFiles: number;
}

export type ImageSource =
  /** A reference as written, for example `docker.io/library/postgres:15`; normalised to a full reference. */
  | {readonly kind: 'reference'; readonly reference: string}
  /** An OCI or docker archive; absolute path on this machine. */
  | {readonly kind: 'archive'; readonly path: string}
  /** Built here; absolute paths. */
  | {
      readonly kind: 'build';
      readonly context: string;
      readonly file: string;
      readonly args: Readonly<Record<string, string>>;
      readonly target?: string;
    };

export interface Health {
  readonly check:
    | {readonly kind: 'http'; readonly port: number; readonly path: string}
    | {readonly kind: 'tcp'; readonly port: number}
    | {readonly kind: 'exec'; readonly command: readonly string[]};
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Failures in a row, after the start period, before a replica counts as unhealthy. */
  readonly retries: number;
  readonly startPeriodMs: number;
}

/** A secret as a file in the container. */
export interface SecretFile {
  readonly name: string;
  /** Absolute path in the container. */
  readonly target: string;
  /** Four octal digits: `0400`. */
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
}

export interface VolumeMount {
  readonly volume: VolumeName;
  readonly target: string;
  readonly readOnly: boolean;
}

/** A small text file in a container, read-only there. */
export interface ServiceFile {
  /** Absolute path in the container. */
  readonly target: string;
  readonly content: string;
  /** Four octal digits. */
  readonly mode: string;
  /** Signal that makes the program read it again; a change needs no new container then. */
  readonly reload?: string;
}

export interface HostMount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export interface PublishedPort {
  /** Address on the host; all addresses when absent. */
  readonly address?: string;
  readonly host: number;
  readonly container: number;
  readonly protocol: 'tcp' | 'udp';
}

export interface Resources {
  /** Cores, for example 0.5. */
  readonly cpu?: number;
  /** Bytes. */
  readonly memory?: number;
}

export interface UpdatePolicy {
  readonly strategy: 'rolling' | 'recreate' | 'blue-green' | 'canary';
  readonly maxSurge: number;
  readonly maxUnavailable: number;
  /** Whether its volumes are backed up before its containers are replaced: `auto` when another version is to read them. */
  readonly backup?: 'auto' | 'before' | 'never';
  /** How long requests under way are waited for before an old replica is stopped; absent in old snapshots: 30 s. */
  readonly drainMs?: number;
  /** manual: the release stays open until `niyanta release promote`. Absent: auto. */
  readonly promote?: 'auto' | 'manual';
  /** Of a canary. */
  readonly steps?: readonly CanaryStep[];
  readonly judge?: CanaryJudge;
}

/** A part of the requests, and for how long before it is judged. */
export interface CanaryStep {
  /** Percent of the requests that the new replicas get, 1 to 99. */
  readonly weight: number;
  readonly pauseMs: number;
}

/** By which figures of the proxies' access logs the new replicas of a canary are judged. */
export interface CanaryJudge {
  /** Percent of answers with 5xx, or none at all, that is still good. */
  readonly errorRate: number;
  /** Milliseconds in which 95 of 100 requests have to be answered, or how many times the old ones' p95 it may be. */
  readonly p95?: {readonly ms: number} | {readonly times: number};
  /** Fewer requests than this to the new replicas say nothing. */
  readonly minRequests: number;
  /** Too few requests fail the canary, in place of being told and passed over. */
  readonly required: boolean;
}

export interface PlacementRules {
  /** Every label must match; `region` and `host` (its name) count as labels. */
  readonly require: Readonly<Record<string, string>>;
  readonly prefer: readonly {readonly match: Readonly<Record<string, string>>; readonly weight: number}[];
  readonly avoid: readonly {readonly service: ServiceName}[];
  /** A label whose values replicas are spread over; `host` spreads over hosts. */
  readonly spread?: string;
  /** A service with a volume may leave the host that has its data. */
  readonly allowMove: boolean;
}
