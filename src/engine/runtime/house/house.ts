import type {HostName} from '../../spec/stack.ts';
import type {ContainerId} from '../container-spec.ts';

/** What housekeeping asks of a host beside what every plan does. Ages are by the host's clock, in milliseconds. */
export interface House {
  readonly host: HostName;
  /** Copies of the state of environments, of whichever project: a line of JSON each. */
  readonly copies: readonly string[];
  /** `PROJECT.ENV` with the highest number that the host knows. */
  readonly fences: readonly {readonly scope: string; readonly number: number}[];
  /** `PROJECT.STACK.ENV/NAME`, with what is in it. */
  readonly volumes: readonly HouseVolume[];
  /** What lies beside the volumes. */
  readonly aside: readonly HouseAside[];
  readonly images: readonly HouseImage[];
  /** Containers of niyanta's namespace in containerd, with the names of the images that they were made of. */
  readonly made: readonly {readonly id: ContainerId; readonly image: string}[];
  /** Of each bridge that has a part of a network across hosts: since when. */
  readonly networkAges: ReadonlyMap<string, number>;
  /** File systems of containers: ids. */
  readonly snapshots: readonly ContainerId[];
}

export interface HouseVolume {
  readonly folder: string;
  /** Absent until it was measured, which takes as long as it has files. */
  readonly bytes?: number;
  /** Nothing is in it. */
  readonly empty: boolean;
}

/** Data that was put aside, or is being brought: of a restore, a move or a trial that goes on or was cut off. */
export interface HouseAside {
  /** Below the folder of the volumes: `.aside/NAME`. */
  readonly folder: string;
  /** Whose it is or was: PROJECT.STACK.ENV/NAME. */
  readonly volume: string;
  /** replaced: what was in the volume's place. arriving: what was to be put there. trial: a backup that was tried out. */
  readonly what: 'replaced' | 'arriving' | 'trial';
  /** Since it was put there. */
  readonly ageMs: number;
  /** Absent until it was measured. */
  readonly bytes?: number;
}

export interface HouseImage {
  readonly name: string;
  readonly digest: string;
  /** As containerd rounds it. */
  readonly bytes: number;
  /** Since its manifest came to the host; absent when that is not there. */
  readonly ageMs?: number;
}
