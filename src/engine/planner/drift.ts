import {ownNetworks} from './host-networks.ts';
import {lacksImage} from './operations/images.ts';
import {knows, wrongNames} from './operations/names.ts';
import {exists, isRunning} from './ownership.ts';
import type {Drift} from './plan.ts';
import type {NamedPeer, PlanInput} from './plan-input.ts';
import {mayStay} from './reconcile.ts';
import type {Replica, Situation} from './situation.ts';
import {lostVolumes} from './volumes.ts';

/** What someone else changed since the lock file was written, sorted by service and replica; then networks, by host. */
export function driftOf(input: PlanInput, situation: Situation): readonly Drift[] {
  return [...replicaDrift(input, situation), ...networkDrift(input, situation)];
}

/** What was cut short by ourselves is not drift. */
function networkDrift(input: PlanInput, {hosts}: Situation): readonly Drift[] {
  return [...ownNetworks(input, hosts)].flatMap(([host, {wrong, pending}]) =>
    pending ? [] : wrong.map((what): Drift => ({host, what})),
  );
}

function replicaDrift(input: PlanInput, situation: Situation): readonly Drift[] {
  const {replicas} = situation;
  const own = replicas.flatMap(({current, extras}) => (current ? [current, ...extras] : extras));
  // Names that still tell of one that stopped, or was removed, nobody changed.
  const before = remembered(input);
  const renamed = new Set(wrongNames(input, own).filter(one => !knows(input, one, before)));
  const lost = lostVolumes(input, situation);
  return replicas.flatMap((replica): Drift[] => {
    const {locked, current, lostOn, service, replica: number} = replica;
    const host = current?.host ?? locked?.host;
    if (host === undefined || lostOn !== undefined) return [];
    const tell = (what: string): Drift => ({service, replica: number, host, what});
    const whole = locked && whatChanged(replica);
    const volumes = lost
      .filter(one => one.service === service && one.replica === number)
      .map(({volume}) => tell(`volume ${volume} removed`));
    if (whole !== undefined) return [tell(whole), ...volumes];
    const details = (current?.container.deviations ?? []).map(
      ({what, path, from, to}): Drift => ({...tell(what), ...(path === undefined ? {} : {path, from, to})}),
    );
    const spoilt = current?.container.deviations?.some(({aspect}) => aspect === 'container');
    const names = locked && current && !spoilt && renamed.has(current) ? [tell('names changed')] : [];
    const image = lacksImage(input, replica, situation.hosts) ? [tell('image removed')] : [];
    return [...details, ...volumes, ...image, ...names];
  });
}

/** Who was there when the lock file was written. */
const remembered = ({lock}: PlanInput): readonly NamedPeer[] =>
  Object.entries(lock?.placements ?? {}).flatMap(([service, placements]) =>
    lock?.stopped.includes(service)
      ? []
      : placements.map(({container, replica, address}) => ({id: container, service, replica, address})),
  );

/** What became of a replica as a whole. */
function whatChanged(replica: Replica): string | undefined {
  const {locked, current, extras, stopped} = replica;
  if (!current) return 'removed';
  const known = [current, ...extras].some(({id, host}) => id === locked!.container && host === locked!.host);
  if (!known) return 'recreated';
  if (!exists(current)) return 'removed';
  if (!current.manifest) return 'manifest removed';
  if (current.container.task === 'paused') return 'paused';
  if (stopped) return isRunning(current) ? 'started' : undefined;
  if (current.container.deviations?.some(({aspect}) => aspect === 'container')) return undefined;
  return mayStay(replica) ? undefined : 'stopped';
}
