import type {House, HouseAside} from '../../runtime/house/house.ts';
import {formatDuration} from '../../spec/quantities.ts';
import type {Kept, Orphan} from './gc-plan.ts';
import type {GcSight} from './plan-gc.ts';
import {scopeOfName} from './scopes.ts';
import type {KeptVolume} from './storage.ts';

const words = {
  replaced: 'data that was replaced in',
  arriving: 'data on its way to',
  trial: 'a trial of a backup of',
} as const satisfies Readonly<Record<HouseAside['what'], string>>;

/**
 * What restores, moves and trials that were cut off left beside the volumes. A trial goes, and data on its way, which is a
 * copy. What was replaced goes only when it is as old as the rule says and the volume has data without it; while there is
 * a doubt whether the exchange got to its end, both stay. Whatever was named goes.
 */
export function orphanedAside({scopes, removable, hosts, options}: GcSight): {
  readonly remove: readonly Orphan[];
  readonly kept: readonly KeptVolume[];
} {
  const remove: Orphan[] = [];
  const kept: KeptVolume[] = [];
  for (const {observed, house} of hosts) {
    for (const aside of house.aside) {
      const [owner = '', name = ''] = aside.volume.split('/');
      const scope = scopeOfName(owner);
      if (!scope || !removable(scope) || aside.ageMs < options.olderThanMs) continue;
      const {environment} = scope;
      const {folder, ageMs, bytes} = aside;
      const what = `${words[aside.what]} volume ${aside.volume} (${folder})`;
      const thing = {host: observed.host, folder, what, ageMs, ...(bytes === undefined ? {} : {bytes})};
      const named = options.volumes.some(one => one === environment || one === `${environment}/${name}`);
      const why = named ? undefined : whyKept(aside, house, options.keepAsideMs);
      if (why !== undefined) {
        kept.push({environment, kept: {...thing, why: `${why}; ${byName(environment, name)}`} satisfies Kept});
        continue;
      }
      const gone = scopes.standing(scope) === 'gone';
      const reason = named ? 'it was named' : gone ? `no state knows environment ${environment}` : reasons[aside.what];
      remove.push({kind: 'aside', environment, ...thing, reason});
    }
  }
  return {remove, kept};
}

const reasons = {
  replaced: 'the volume has other data since',
  arriving: 'it never arrived, and is a copy',
  trial: 'it was cut off',
} as const satisfies Readonly<Record<HouseAside['what'], string>>;

const byName = (environment: string, volume: string): string =>
  `niyanta gc --volumes ${environment}/${volume} removes it`;

/** Undefined: nobody needs it. */
function whyKept({what, volume, ageMs}: HouseAside, house: House, keepAsideMs: number): string | undefined {
  if (what === 'trial') return undefined;
  const beside = house.aside.filter(one => one.volume === volume).map(one => one.what);
  if (what === 'arriving') {
    return beside.includes('replaced') ? 'it tells that an exchange may have been cut off in the middle' : undefined;
  }
  const inPlace = house.volumes.find(({folder}) => folder === volume);
  if (!inPlace || inPlace.empty) {
    return `it may be all there is: the volume itself is ${inPlace ? 'empty' : 'not there'}`;
  }
  if (beside.includes('arriving'))
    return 'an exchange may have been cut off in the middle: see which data is the right one';
  return ageMs < keepAsideMs ? `it goes when it is ${formatDuration(keepAsideMs)} old` : undefined;
}
