import {attemptOf} from './attempt-of.ts';
import type {Turn} from './contest.ts';
import type {Start} from './decision.ts';
import {atConcurrency} from './limits.ts';
import type {QueuedWorkload} from './request.ts';
import {shapeKey} from './shape-key.ts';
import type {Promised, World} from './world.ts';

/**
 * Workloads of one customer with the same priority and shape start in the order of their acceptance, also those for which
 * a place is kept: whatever place becomes free first is the first one's, and whoever it would have been waits in its stead.
 */
const areAlike = (one: QueuedWorkload, other: QueuedWorkload): boolean =>
  one.customer === other.customer &&
  one.priority === other.priority &&
  shapeKey(one.shape, one.customer) === shapeKey(other.shape, other.customer);

/** A place is free for this one: an earlier one that waits for its own takes it, and gives that away. Undefined: there is none. */
export function earlierTakes(world: World, {entry}: Turn, index: number, now: number): Start | undefined {
  const {workload} = entry;
  const first = earlierPromised(world, workload, index);
  if (!first) return undefined;
  world.letGo(first.workload.id);
  world.hold(attemptOf(first.workload, world.fleet.names[index]!, now));
  world.promise({...first, workload}, now);
  return startOf(world, first.workload, index, 'room came free there before its own');
}

/** The kept place is free by now: for the first of those like it, whether that has a kept place, too, or has none yet. */
export function takeKept(world: World, {workload}: Promised, index: number, now: number): Start {
  const waiting = earlierWaiting(world, workload, index);
  const first = earlierPromised(world, workload, index);
  const worker = world.fleet.names[index]!;
  if (waiting && (!first || waiting.seq < first.workload.seq)) {
    world.dequeue(waiting.id);
    world.hold(attemptOf(waiting, worker, now));
    world.enqueue(workload);
    return startOf(world, waiting, index, `room was made there for ${workload.id}, which comes later`);
  }
  if (first) world.letGo(first.workload.id);
  world.hold(attemptOf(first?.workload ?? workload, worker, now));
  if (first) world.promise({...first, workload}, now);
  return startOf(world, first?.workload ?? workload, index, 'room was made for it there');
}

/** The first of those before it that have a kept place, and may have this one. */
function earlierPromised({promises, standings}: World, workload: QueuedWorkload, index: number): Promised | undefined {
  let first: Promised | undefined;
  for (const promised of promises.values()) {
    const other = promised.workload;
    if (other.seq >= (first?.workload ?? workload).seq || !areAlike(other, workload)) continue;
    if (standings.of(shapeKey(other.shape, other.customer), other).fits(index)) first = promised;
  }
  return first;
}

/** The first of those before it that wait without a kept place: they were told again after it was given one. */
function earlierWaiting({backlog, standings, accounts}: World, workload: QueuedWorkload, index: number) {
  let first: QueuedWorkload | undefined;
  for (const group of backlog.groupsOf(workload.customer))
    for (const lane of group.lanes.values()) {
      const other = lane.head()?.workload;
      if (!other || other.seq >= (first ?? workload).seq || !areAlike(other, workload)) continue;
      if (atConcurrency(accounts.of(other.customer), other.concurrency) !== undefined) continue;
      if (standings.of(group.shapeKey, other).fits(index)) first = other;
    }
  return first;
}

const startOf = ({fleet}: World, {id}: QueuedWorkload, index: number, because: string): Start => ({
  kind: 'start',
  workload: id,
  worker: fleet.names[index]!,
  because,
  rejected: [],
});
