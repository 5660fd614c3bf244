import type {EnvironmentState, ReleaseRecord} from '../state/lock-file.ts';

type Releases = EnvironmentState['releases'];
type Known = Pick<EnvironmentState, 'releases'> | undefined;

interface Named {
  readonly id: string;
  readonly service: string;
}

/** A new replica of a release that goes on: it runs, but names do not lead to it yet. */
export const standsBy = (known: Known, {id, service}: Named): boolean => {
  const record = known?.releases?.[service];
  return record !== undefined && record.weight < 100 && record.new.some(one => one.id === id);
};

/** An old replica of a release that was switched: it runs, but nobody is sent to it any more. */
export const isLeaving = (known: Known, {id, service}: Named): boolean => {
  const record = known?.releases?.[service];
  return record !== undefined && record.weight >= 100 && record.old.some(one => one.id === id);
};

/** Whether names and routes lead to a container of those that run, as far as releases have a say. */
export const isListed = (known: Known, one: Named): boolean => !standsBy(known, one) && !isLeaving(known, one);

/**
 * The releases that are not at their end, as the hosts were seen: without containers that are gone, and without releases of
 * which one side is gone altogether. What is on hosts that do not answer counts as there.
 */
export function releasesNow(releases: Releases, isThere: (host: string, id: string) => boolean): Releases {
  const left = Object.entries(releases ?? {}).flatMap(([service, record]): [string, ReleaseRecord][] => {
    const fresh = record.new.filter(({host, id}) => isThere(host, id));
    const old = record.old.filter(({host, id}) => isThere(host, id));
    return fresh.length > 0 && old.length > 0 ? [[service, {...record, new: fresh, old}]] : [];
  });
  return left.length > 0 ? Object.fromEntries(left) : undefined;
}
