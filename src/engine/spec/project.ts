import type {EnvironmentRule} from './environment-rules.ts';
import type {HostName, LogLimits} from './stack.ts';
import type {StateLocation} from './state-location.ts';
import type {UnreachableLimit} from './unreachable.ts';

/** niyanta.yaml as the rest of niyanta reads it. Produced by the schema in `project-schema.ts`. */
export interface Project {
  readonly name: string;
  /** Absolute path of the folder that holds niyanta.yaml. */
  readonly directory: string;
  /** Absolute path of niyanta.yaml. */
  readonly file: string;
  readonly state: StateLocation;
  readonly runtime: 'auto' | 'ctr';
  /** Hosts are those of this lab on this machine, beside the ones written under `hosts`. */
  readonly lab?: string;
  readonly hosts: readonly Host[];
  /** How many hosts a change works on at once; all when absent. */
  readonly parallel?: number;
  /** How many hosts a change may go on without; none when absent. */
  readonly maxUnreachable?: UnreachableLimit;
  readonly secrets: SecretSettings;
  readonly registries: Readonly<Record<string, Registry>>;
  /** How logs are turned over, of services that do not say it. */
  readonly logs?: LogLimits;
  /** Which images `gc` leaves on the hosts: of so many releases of each environment, and of so many days. */
  readonly images: {readonly keep: {readonly releases: number; readonly days: number; readonly afterApply: boolean}};
  /** `keepAside`: milliseconds that `gc` leaves what a restore replaced and could not remove. */
  readonly volumes: {readonly keepAside: number};
  /** Repositories of templates, by name. */
  readonly templates: Readonly<Record<string, TemplateRepository>>;
  /** CIDR from which each environment gets one /24 a host; default 10.89.0.0/16. */
  readonly network: {readonly pool: string};
  /** In the order of the file. */
  readonly environments: readonly EnvironmentRule[];
  readonly proxy: ProjectProxy;
}

/** How the hosts of the project get proxies. */
export interface ProjectProxy {
  /** Hosts with all of these run one. */
  readonly label: Readonly<Record<string, string>>;
  /** An image by reference or archive (absolute path), or a program of the hosts. */
  readonly source:
    | {readonly kind: 'reference'; readonly reference: string}
    | {readonly kind: 'archive'; readonly path: string}
    | {readonly kind: 'binary'; readonly path: string};
  readonly http: number;
  readonly https: number;
  /** `ca`: PEM. */
  readonly acme: {readonly server?: string; readonly email?: string; readonly ca?: string};
  /** Bytes. */
  readonly memory?: number;
  /** Bytes of one file, and how many old ones are kept. */
  readonly log: {readonly size: number; readonly files: number};
}

/** Where secrets are kept, and who gives them. */
export interface SecretSettings {
  readonly store: 'project' | 'state';
  /** Absolute path of the file of the store `project`. */
  readonly file: string;
  /** Absolute path of the file with the age key. */
  readonly identity?: string;
  readonly sources: readonly SecretSource[];
  readonly atRest: 'host' | 'none';
}

/** A command that gives secrets: those whose names begin with `prefix`, or the one called `name`. */
export interface SecretSource {
  readonly prefix?: string;
  readonly name?: string;
  /** `${name}` stands for the name behind the prefix. */
  readonly command: readonly string[];
  readonly timeoutMs: number;
}

export interface Host {
  readonly name: HostName;
  readonly local: boolean;
  /** Name, IPv4 or IPv6 address, or an alias of ~/.ssh/config. Absent for `local`. */
  readonly address?: string;
  /** IPv4 address under which the other hosts reach it. */
  readonly networkAddress?: string;
  readonly port?: number;
  readonly user?: string;
  /** Absolute path. */
  readonly identityFile?: string;
  /** `SHA256:…` as ssh-keygen -l prints it; pinned by `niyanta host add`. */
  readonly hostKey?: string;
  readonly sudo: boolean;
  readonly proxyJump?: string;
  readonly connectTimeoutMs: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly region?: string;
  readonly drain: boolean;
  /** In place of those that are found there. */
  readonly gpus?: readonly Gpu[];
}

/** A device that one workload at a time may have. */
export interface Gpu {
  /** `/dev/nvidia0`. */
  readonly device: string;
  /** `a100`, for people and for placement (label `gpu-kind`). */
  readonly kind?: string;
}

export interface TemplateRepository {
  /** Address, as git takes it. */
  readonly git: string;
  /** 40 hexadecimal digits. */
  readonly commit: string;
  /** Folder in it. */
  readonly path: string;
}

export interface Registry {
  readonly username?: string;
  /** May hold `${secret:NAME}`. */
  readonly password?: string;
  /** Plain http, only when told. */
  readonly http: boolean;
}
