import type {ContainerId, ContainerSpec} from '../../runtime/container-spec.ts';
import type {Leftover} from '../../runtime/leftovers/leftover.ts';
import type {EnvironmentName, HostName} from '../../spec/stack.ts';
import type {Scope} from '../plan-input.ts';

/** What niyanta put on a host and no state knows any more. */
export type Orphan = Place & OrphanKind;

interface Place {
  readonly host: HostName;
  /** Whose it was; its lease is held while it is removed. Absent: no environment's. */
  readonly environment?: EnvironmentName;
  /** In words: `container shop-staging-web-1-1a2b3c`. Names it, on its host. */
  readonly what: string;
  /** Why nobody needs it. */
  readonly reason: string;
  /** Freed by removing it, as far as it is known. */
  readonly bytes?: number;
  /** How long it has been there, by its host's clock, where that is what decides. */
  readonly ageMs?: number;
}

type OrphanKind =
  | {readonly kind: 'container'; readonly id: ContainerId; readonly stop?: ContainerSpec['stop']}
  /** What belongs to no container: files, bridges, forwarded ports, file systems. */
  | {readonly kind: 'leftover'; readonly leftover: Leftover}
  /** A host's part of a network across hosts. */
  | {readonly kind: 'network'; readonly bridge: string; readonly subnet: string}
  /** What a proxy serves for an environment. */
  | {readonly kind: 'routes'; readonly scope: Scope}
  /** `folder` is PROJECT.STACK.ENV/NAME. */
  | {readonly kind: 'volume'; readonly folder: string; readonly empty: boolean}
  /** What a restore, a move or a trial left beside the volumes: `.aside/NAME`. */
  | {readonly kind: 'aside'; readonly folder: string}
  /** A host's copy of the state: PROJECT.STACK.ENV. */
  | {readonly kind: 'copy'; readonly name: string}
  /** The number of an environment's leases: PROJECT.ENV. */
  | {readonly kind: 'fence'; readonly scope: string}
  | {readonly kind: 'image'; readonly name: string; readonly digest: string};

/** Something that could be removed and is not. */
export interface Kept {
  readonly host: HostName;
  readonly what: string;
  readonly why: string;
  /** Of a volume: PROJECT.STACK.ENV/NAME; of what lies beside them: .aside/NAME. */
  readonly folder?: string;
  readonly bytes?: number;
  readonly ageMs?: number;
}

/** What `niyanta gc` would remove. */
export interface GcPlan {
  readonly project: string;
  readonly serial: number;
  readonly remove: readonly Orphan[];
  /** Volumes that were not named, environments that someone is at work on, other states' environments. */
  readonly kept: readonly Kept[];
  /** What is of other projects: counted, never touched. */
  readonly others: readonly {readonly host: HostName; readonly project: string; readonly containers: number}[];
  readonly unreachable: readonly {readonly host: HostName; readonly error: string}[];
}

/** How an orphan is named across two plans. */
export const orphanKey = ({host, kind, what}: Orphan): string => `${host} ${kind} ${what}`;

/** Those of a plan made anew that were agreed to: nothing else is removed. */
export function agreedTo(agreed: readonly Orphan[], found: readonly Orphan[]): readonly Orphan[] {
  const keys = new Set(agreed.map(orphanKey));
  return found.filter(orphan => keys.has(orphanKey(orphan)));
}
