import type {ContainerId} from '../container-spec.ts';

/** Something of niyanta's on a host that belongs to no container there: what was cut off, or taken apart by hand, left. */
export type Leftover =
  /** Files and network of a container that has neither manifest nor container. `bridge` tells whose it was. */
  | {readonly kind: 'files'; readonly id: ContainerId; readonly old: boolean; readonly bridge?: string}
  /** A file that was being written, or an environment with its secrets, of a container that may be there. */
  | {readonly kind: 'temporary'; readonly id: ContainerId; readonly old: boolean; readonly path: string}
  /** A bridge without ports, or a rule about one that is gone. */
  | {readonly kind: 'bridge'; readonly bridge: string; readonly subnets: readonly string[]}
  /** Chains of ports that no container publishes. */
  | {
      readonly kind: 'ports';
      readonly id: ContainerId;
      readonly bridge: string;
      readonly chains: readonly string[];
    }
  /** A network namespace that is on one of our bridges, and of no container; nor are there files of it. */
  | {readonly kind: 'namespace'; readonly id: ContainerId; readonly bridge: string}
  /** A file system that no container has. */
  | {readonly kind: 'snapshot'; readonly id: ContainerId};

/** The end of every id: `-REPLICA-DISTINCTION`. */
export const idForm = /-\d+-[0-9a-f]{6}$/;
