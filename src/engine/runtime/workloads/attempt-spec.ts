import type {HostMount, PublishedPort} from '../../spec/stack.ts';
import type {ContainerId, PinnedImage} from '../container-spec.ts';

/** Which attempt of which workload; `workload` is a UUID in lower case, `attempt` counts from 1. */
export interface AttemptKey {
  readonly workload: string;
  readonly attempt: number;
}

/** An attempt with whose it is: hosts may have those of several coordinators. */
export interface OwnedAttempt extends AttemptKey {
  /** Names the coordinator's database; letters and digits. */
  readonly owner: string;
}

/**
 * A job's container on one host, complete. Runs once: nothing starts it again. Env values may hold `${secret:NAME}`, never
 * a secret. Sizes in bytes, times in milliseconds.
 */
export interface AttemptSpec extends OwnedAttempt {
  /** Name of the workload, for people and for the host's name. */
  readonly name: string;
  readonly customer: string;
  readonly image: Pick<PinnedImage, 'name'>;
  readonly env: Readonly<Record<string, string>>;
  /** In place of the image's entrypoint and command. */
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly workdir?: string;
  readonly user?: string;
  readonly mounts: readonly HostMount[];
  readonly ports: readonly PublishedPort[];
  readonly readOnly: boolean;
  readonly capabilities: {readonly add: readonly string[]; readonly drop: readonly string[]};
  readonly resources: {readonly cpu?: number; readonly memory?: number};
  /** So many of these devices, which nobody else has; chosen on the host when it starts. */
  readonly gpus?: {readonly count: number; readonly devices: readonly string[]};
  readonly stop: {readonly signal: string; readonly graceMs: number};
  /** Where its input files are in the container, in the order in which they were sent. */
  readonly inputs: readonly string[];
  /** Whether a checkpoint was put there to go on from. */
  readonly restored: boolean;
}

/** What stands in its folder on the host, as JSON in a line. */
export interface AttemptManifest {
  readonly version: 1;
  readonly spec: AttemptSpec;
}

const prefix = 'workload.';

/** No service's container is called so: names in stacks have no dot. At most 76 characters. */
export const attemptId = ({workload, attempt}: AttemptKey): ContainerId => `${prefix}${workload}.${attempt}`;

/** Which attempt a container is; undefined for any other. */
export function attemptOf(id: ContainerId): AttemptKey | undefined {
  const [, workload, attempt] =
    /^workload\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([1-9]\d{0,8})$/.exec(id) ?? [];
  return workload === undefined ? undefined : {workload, attempt: Number(attempt)};
}
