import type {HostFacts} from '../hosts/facts.ts';
import type {EnvironmentName, HostName, ServiceName} from '../spec/stack.ts';
import type {ContainerId, Manifest} from './container-spec.ts';
import type {Deviation} from './deviations/deviation.ts';
import type {TaskEnd} from './exit-code.ts';
import type {ObservedNetwork} from './host-network.ts';
import type {Leftover} from './leftovers/leftover.ts';
import type {ObservedProxy} from './proxy/observed-proxy.ts';

/** What one probe script found on one host. */
export type ObservedHost =
  | {
      readonly host: HostName;
      readonly reachable: true;
      readonly facts: HostFacts;
      /** Hash of niyanta's own scripts on the host; absent when they are not installed. */
      readonly toolkit?: string;
      readonly containers: readonly ObservedContainer[];
      readonly images: readonly ObservedImage[];
      /** `PROJECT.STACK.ENV/NAME` folders under the volume directory. */
      readonly volumes: readonly string[];
      /** Parts of networks across hosts, of whichever environment. */
      readonly networks: readonly ObservedNetwork[];
      /** Absent where there is none. */
      readonly proxy?: ObservedProxy;
      /** What belongs to no container; absent when there is nothing. */
      readonly leftovers?: readonly Leftover[];
      readonly drained: boolean;
    }
  | {readonly host: HostName; readonly reachable: false; readonly error: string};

export type ReachableHost = Extract<ObservedHost, {reachable: true}>;

export interface ObservedContainer {
  readonly id: ContainerId;
  /** Absent when someone removed it, or when the container is in our namespace but not ours. */
  readonly manifest?: Manifest;
  /** What containerd's labels say it is, where there is no manifest to say it. */
  readonly identity?: Identity;
  /** What is not as the manifest says, the worst first; absent when all is. */
  readonly deviations?: readonly Deviation[];
  /** `gone`: there is a manifest but no container. `none`: a container without a task. */
  readonly task: 'running' | 'stopped' | 'created' | 'paused' | 'none' | 'gone';
  readonly pid?: number;
  /** RFC 3339; when the present task started. */
  readonly startedAt?: string;
  /** How often the restart monitor started it again. */
  readonly restarts: number;
  /** Last exit code, when it stopped. */
  readonly exitCode?: number;
  /** How its task ended the last time, if it ever did since it was made or started by hand. */
  readonly ended?: TaskEnd;
  /** The container has a network namespace of its own, with its address in it. */
  readonly networkUp: boolean;
  /** Fingerprint of its hosts file, for drift of names. */
  readonly names: readonly string[];
}

/** Whose a container is. */
export interface Identity {
  readonly project: string;
  readonly stack: string;
  readonly environment: EnvironmentName;
  readonly service: ServiceName;
  readonly replica: number;
}

export interface ObservedImage {
  readonly name: string;
  readonly digest: string;
}
