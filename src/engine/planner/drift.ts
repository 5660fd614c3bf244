import {knows, wrongNames} from './operations/names.ts';
import {exists, isRunning} from './ownership.ts';
import type {Drift} from './plan.ts';
import type {NamedPeer, PlanInput} from './plan-input.ts';
import {mayStay} from './reconcile.ts';
import type {Replica, Situation} from './situation.ts';

/** What someone else changed since the lock file was written, sorted by service and replica. */
export function driftOf(input: PlanInput, {replicas}: Situation): readonly Drift[] {
  const own = replicas.flatMap(({current, extras}) => (current ? [current, ...extras] : extras));
  // Names that still tell of one that stopped, or was removed, nobody changed.
  const before = remembered(input);
  const renamed = new Set(wrongNames(input, own).filter(one => !knows(input, one, before)));
  return replicas.flatMap((replica): Drift[] => {
    const {locked, current, lostOn} = replica;
    if (!locked || lostOn !== undefined) return [];
    const what = whatChanged(replica) ?? (current && renamed.has(current) ? 'names changed' : undefined);
    if (what === undefined) return [];
    return [{service: replica.service, replica: replica.replica, host: current?.host ?? locked.host, what}];
  });
}

/** Who was there when the lock file was written. */
const remembered = ({lock}: PlanInput): readonly NamedPeer[] =>
  Object.entries(lock?.placements ?? {}).flatMap(([service, placements]) =>
    lock?.stopped.includes(service)
      ? []
      : placements.map(({container, replica, address}) => ({id: container, service, replica, address})),
  );

function whatChanged(replica: Replica): string | undefined {
  const {locked, current, extras, stopped} = replica;
  if (!current) return 'removed';
  const known = [current, ...extras].some(({id, host}) => id === locked!.container && host === locked!.host);
  if (!known) return 'recreated';
  if (!exists(current)) return 'removed';
  if (!current.manifest) return 'manifest removed';
  if (current.container.task === 'paused') return 'paused';
  if (stopped) return isRunning(current) ? 'started' : undefined;
  if (!mayStay(replica)) return 'stopped';
  return isRunning(current) && !current.container.networkUp ? 'network down' : undefined;
}
