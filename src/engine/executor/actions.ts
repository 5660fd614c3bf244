import type {BackupOperation, ImageOperation, VolumeOperation} from '../planner/plan.ts';
import type {ContainerId, ContainerSpec, PinnedImage} from '../runtime/container-spec.ts';
import type {Aspect} from '../runtime/deviations/deviation.ts';
import type {TaskEnd} from '../runtime/exit-code.ts';
import type {HostNetwork} from '../runtime/host-network.ts';
import type {Leftover} from '../runtime/leftovers/leftover.ts';
import type {HostName} from '../spec/stack.ts';
import type {ProxyActions} from './proxy-actions.ts';

/** A running replica as others of its environment know it by name. */
export interface Peer {
  readonly id: ContainerId;
  readonly service: string;
  readonly replica: number;
  readonly address: string;
}

export interface StepContext {
  readonly signal: AbortSignal;
  readonly onProgress: (message: string, done?: number, total?: number) => void;
}

/**
 * What the executor can do to hosts, each idempotent, each naming its host in what it throws.
 * `hostActions` does them over connections; tests of the order of things use a simulation that says so in its name.
 */
export interface Actions extends ProxyActions {
  installToolkit(host: HostName): Promise<void>;
  bringImage(operation: ImageOperation, context: StepContext): Promise<PinnedImage>;
  createVolume(operation: VolumeOperation): Promise<void>;
  /** Makes it of the one on the host `from`, which stays as it is. */
  copyVolume(operation: VolumeOperation, context: StepContext): Promise<void>;
  backUpVolume(operation: BackupOperation, context: StepContext): Promise<void>;
  deleteVolume(operation: Pick<VolumeOperation, 'host' | 'path' | 'volume'>): Promise<void>;
  /** Removes a volume's folder when nothing is in it; data stays. */
  deleteEmptyVolume(host: HostName, path: string): Promise<void>;
  /** Creates and starts; `peers` are those whose names it shall know from its first moment. */
  createContainer(spec: ContainerSpec, peers: readonly Peer[], context: StepContext): Promise<void>;
  /** Resolves when healthy (or, without a health check, running); rejects when it exits or fails its checks. */
  waitHealthy(spec: ContainerSpec, context: StepContext): Promise<void>;
  /** Stops with the signal and grace of its manifest; it can be started again. */
  stopContainer(host: HostName, id: ContainerId): Promise<void>;
  startContainer(host: HostName, id: ContainerId): Promise<void>;
  removeContainer(host: HostName, id: ContainerId): Promise<void>;
  /** Replaces the manifest of a container that goes on running. */
  writeManifest(spec: ContainerSpec): Promise<void>;
  /** Rewrites the hosts files of the containers `selves`, on this host, so that they know `peers`, on any, by name. */
  writeNames(host: HostName, selves: readonly Peer[], peers: readonly Peer[]): Promise<void>;
  /** Makes a host's part of the environment's network as told. */
  connectNetwork(host: HostName, network: HostNetwork): Promise<void>;
  disconnectNetwork(host: HostName, bridge: string): Promise<void>;
  /** Puts right, while it runs, what someone changed about a container. */
  repairContainer(spec: ContainerSpec, aspects: readonly Aspect[]): Promise<void>;
  /** Removes what belongs to no container. */
  sweep(host: HostName, leftovers: readonly Leftover[]): Promise<void>;
  /** `count` lines, 15 when absent. */
  lastLogLines(host: HostName, id: ContainerId, count?: number): Promise<readonly string[]>;
  /** Waits until a job has ended, for so many milliseconds at most; resolves with how. */
  waitEnded(spec: ContainerSpec, timeoutMs: number, context: StepContext): Promise<TaskEnd>;
}
