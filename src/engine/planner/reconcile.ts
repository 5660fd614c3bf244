import type {ContainerSpec} from '../runtime/container-spec.ts';
import type {PlacedReplica, PlacementResult} from '../scheduler/request.ts';
import {Bug} from '../spec/errors.ts';
import type {HostName} from '../spec/stack.ts';
import {compareSpecs} from './compare-specs.ts';
import {desiredSpec} from './desired-spec.ts';
import {isHookService} from './hook-container.ts';
import type {Networks} from './networks.ts';
import {newContainer} from './new-container.ts';
import {exists, hasEnded, isRunning, type Own} from './ownership.ts';
import {isPlaceable} from './placement-request.ts';
import type {Change} from './plan.ts';
import type {PlanInput} from './plan-input.ts';
import type {Replica, Situation} from './situation.ts';

/**
 * Every replica ends in exactly one bucket; the first line that fits decides.
 *
 *   not desired, on an unreachable host              → lost
 *   not desired, not a target                        → held
 *   not desired, observed                            → stop
 *   desired, on an unreachable host                  → lost
 *   desired, not a target, or stopped on purpose     → held
 *   desired, not observed (or only its manifest)     → start
 *   desired, manifest removed                        → replace
 *   desired, placed on another host                  → move
 *   desired, a change forces a new container         → replace
 *   desired, someone changed what it is made of      → replace
 *   desired, stopped although it should run          → restart (replace, if its definition changed too)
 *   desired, as it should be, an old one beside it   → restart (waits for its health, then removes the old one)
 *   desired, told to be unhealthy                    → replace
 *   desired, only its manifest differs               → update
 *   desired, as it should be                         → keep
 */
export type Bucket = 'keep' | 'start' | 'restart' | 'replace' | 'update' | 'move' | 'stop' | 'lost' | 'held';

export interface Sorted {
  readonly bucket: Bucket;
  readonly replica: Replica;
  /** Where it is, or shall be; absent for what is stopped on purpose and nowhere. */
  readonly host?: HostName;
  readonly reason: string;
  readonly changes: readonly Change[];
  /** What shall run; absent for stop, lost and held. */
  readonly spec?: ContainerSpec;
}

export function reconcile(
  input: PlanInput,
  situation: Situation,
  placed: PlacementResult,
  networks: Networks,
): readonly Sorted[] {
  const places = new Map(placed.placements.map(place => [`${place.service}/${place.replica}`, place]));
  return situation.replicas.map(replica =>
    sort(input, replica, places.get(`${replica.service}/${replica.replica}`), networks),
  );
}

function sort(input: PlanInput, replica: Replica, place: PlacedReplica | undefined, networks: Networks): Sorted {
  const {desired, current, lostOn, reach, extras} = replica;
  const left = (bucket: Bucket, host: HostName | undefined, reason: string): Sorted => ({
    bucket,
    replica,
    host,
    reason,
    changes: [],
  });
  if (lostOn !== undefined) return left('lost', lostOn, `host ${lostOn} is unreachable`);
  if (!desired) {
    if (reach !== 'all') return left('held', current?.host, 'not a target');
    return left('stop', current?.host, whyStopped(input, replica));
  }
  if (replica.stopped) return left('held', current?.host, 'stopped on purpose');
  if (reach !== 'all' && !isPlaceable(replica)) {
    if (reach === 'none' || !current?.manifest || mayStay(replica)) return left('held', current?.host, 'not a target');
    // What the target needs is started again as it was, whatever else changed in it.
    return {...left('restart', current.host, 'it has stopped, and is needed'), spec: current.manifest.spec};
  }
  if (!place) throw new Bug(`${replica.service} ${replica.replica} was not placed`);
  const {host} = place;
  const fresh = (bucket: Bucket, reason: string, changes: readonly Change[] = []): Sorted => ({
    bucket,
    replica,
    host,
    reason,
    changes,
    spec: newContainer(input, desired, replica, host, networks),
  });
  if (replica.leaves !== undefined)
    return fresh('start', `host ${replica.leaves} is unreachable: it runs here from now on`);
  if (!current || !exists(current)) return fresh('start', current || replica.locked ? 'someone removed it' : 'new');
  const {manifest} = current;
  if (!manifest) return fresh('replace', 'someone removed its manifest');

  const running = manifest.spec;
  const same = {replica: replica.replica, host: current.host, id: running.id, network: running.network};
  const spec = desiredSpec(input, desired, same, running);
  const changes = compareSpecs(running, spec, input.naming.runtimeHash);
  const forcing = changes.filter(change => change.forces);
  const stay = (bucket: Bucket, reason: string): Sorted => ({bucket, replica, host, reason, changes, spec});
  if (host !== current.host) return fresh('move', whyMoved(current, place), changes);
  if (forcing.length > 0) return fresh('replace', changeReason(forcing), changes);
  const spoilt = current.container.deviations?.find(({aspect}) => aspect === 'container');
  if (spoilt) return fresh('replace', `someone changed it: ${spoilt.what}`, changes);
  if (!mayStay(replica)) {
    const how = current.container.task === 'paused' ? 'someone paused it' : 'it has stopped';
    return changes.length > 0
      ? fresh('replace', `${how}, and ${changeReason(changes)}`, changes)
      : stay('restart', how);
  }
  if (extras.some(isRunning) && changes.length === 0) return stay('restart', 'finishes an interrupted update');
  if (input.options.unhealthy?.includes(current.id) && isRunning(current))
    return fresh('replace', 'it is unhealthy', changes);
  return changes.length > 0 ? stay('update', changeReason(changes)) : stay('keep', 'as it should be');
}

/** Runs, or has ended in a way after which its restart policy leaves it alone. */
export function mayStay({current, locked}: Replica): boolean {
  if (!current) return false;
  if (isRunning(current)) return true;
  const {task} = current.container;
  const never = current.manifest?.spec.restart === 'never';
  // Without a task (after a reboot) only the lock file tells that it had been started before.
  return hasEnded(current.container) && !(never && task === 'none' && locked?.container !== current.id);
}

const changeReason = (changes: readonly Change[]): string => {
  const [first, ...others] = changes;
  const text = `${first!.path} changed`;
  return others.length === 0 ? text : `${text}, and ${others.length} more`;
};

const whyMoved = (current: Own, place: PlacedReplica): string => {
  const rejected = place.rejected.find(({host}) => host === current.host);
  if (!rejected) return `moves from ${current.host}, which is not in the project any more`;
  if (rejected.reason === 'in drain') return `host ${current.host} is in drain`;
  return rejected.fits ? `makes room on ${current.host}` : `cannot stay on ${current.host}: ${rejected.reason}`;
};

const whyStopped = (input: PlanInput, {service, replica}: Replica): string => {
  if (isHookService(service)) return 'a hook of an apply that was cut off';
  const known = input.stack.services.find(({name}) => name === service);
  return known ? `replica ${replica} of ${known.replicas} is not needed` : 'the stack has no such service any more';
};
