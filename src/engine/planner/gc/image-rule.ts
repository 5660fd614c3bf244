import type {HouseImage} from '../../runtime/house/house.ts';
import type {EnvironmentState, LockFile} from '../../state/lock-file.ts';

/** `images: {keep: …}` of niyanta.yaml. */
export interface ImageRule {
  /** So many of the newest releases of each environment keep their images. */
  readonly releases: number;
  /** And all that came to a host within so many days. */
  readonly days: number;
}

/** What counts for the images of one host. */
export interface ImageSituation {
  readonly images: readonly HouseImage[];
  /** Names and digests that containers of the host have, whosever they are. */
  readonly inUse: ReadonlySet<string>;
  /** Digests of what is kept for the releases of our environments and for everything of other projects. */
  readonly kept: ReadonlySet<string>;
  /** Digests that our history names. */
  readonly ours: ReadonlySet<string>;
  readonly project: string;
  /** No other project has anything on the host. */
  readonly alone: boolean;
}

/**
 * The images of a host that nobody needs by the rule. An image has several names; each is judged, and those of a digest
 * that stays, stay. Another project's are never among them: what it sent carries its name, and of what it pulled only
 * its own state knows, so that beside other projects only what our history names is ours.
 */
export function unneededImages(
  {images, inUse, kept, ours, project, alone}: ImageSituation,
  {days, olderThanMs}: {readonly days: number; readonly olderThanMs: number},
): readonly HouseImage[] {
  const youngest = Math.max(days * 86_400_000, olderThanMs);
  const usedDigests = new Set(images.filter(({name}) => inUse.has(name)).map(({digest}) => digest));
  return images.filter(({name, digest, ageMs}) => {
    if (inUse.has(name) || inUse.has(digest) || usedDigests.has(digest) || kept.has(digest)) return false;
    // Not to know how old it is, is not to know that it is old.
    if (ageMs === undefined || ageMs < youngest) return false;
    const sent = /^niyanta\.local\/([^/]+)\//.exec(name)?.[1];
    return sent === undefined ? alone || ours.has(digest) : sent === project;
  });
}

/** Digests that the newest releases of all environments have, and what is pinned now. */
export function releaseDigests({environments}: LockFile, releases: number): ReadonlySet<string> {
  return new Set(Object.values(environments).flatMap(state => newest(state, releases).flat()));
}

/** Digests that the state names anywhere. */
export const knownDigests = ({environments}: LockFile): ReadonlySet<string> =>
  new Set(Object.values(environments).flatMap(state => newest(state, Number.POSITIVE_INFINITY).flat()));

/** Entries one after another with the same images are one release. */
function newest({images, history}: EnvironmentState, releases: number): readonly (readonly string[])[] {
  const digests = (of: EnvironmentState['images']) => [...new Set(Object.values(of).map(({digest}) => digest))].sort();
  const told: string[][] = [];
  for (const entry of [...history].reverse()) {
    if (told.length >= releases) break;
    if (!entry.images) continue;
    const these = digests(entry.images);
    if (told.at(-1)?.join() !== these.join()) told.push(these);
  }
  return [digests(images), ...told];
}
