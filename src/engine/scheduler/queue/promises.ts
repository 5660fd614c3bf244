import {takeKept} from './alike.ts';
import type {Turn} from './contest.ts';
import type {Preempt, Start} from './decision.ts';
import {atConcurrency, closed, overQuota} from './limits.ts';
import {type Clearing, clearing} from './preemption.ts';
import {rankOf, tierOf} from './priority.ts';
import {Reach} from './reach.ts';
import type {QueuedWorkload, RunningAttempt, WorkloadId} from './request.ts';
import type {QueueSettings} from './settings.ts';
import {shapeKey} from './shape-key.ts';
import type {Promised, World} from './world.ts';

/** Workloads of a round for which room is looked for in full: each costs a look at many attempts. */
const mostSearches = 100;

/** Starts those whose place has become free; gives up places that have become useless. */
export function keepPromises(world: World, now: number): Start[] {
  const starts: Start[] = [];
  const order = [...world.promises.values()].sort((a, b) => a.workload.seq - b.workload.seq);
  for (const promised of order) {
    const {workload, worker} = promised;
    // Another one may have taken it over, or its workload a place of before.
    if (world.promises.get(workload.id) !== promised || isWorthWaiting(world, promised)) continue;
    world.letGo(workload.id);
    if (mayStart(world, workload, worker)) starts.push(takeKept(world, promised, world.fleet.indexOf(worker)!, now));
    else world.enqueue(workload);
  }
  return starts;
}

/** Somebody whom it waits for is still there, and so is the worker. */
function isWorthWaiting({fleet, running}: World, {worker, awaits}: Promised): boolean {
  const index = fleet.indexOf(worker);
  const view = index === undefined ? undefined : fleet.view(index);
  if (!view || view.drained || view.unusable !== undefined) return false;
  return awaits.some(id => running.get(id)?.worker === worker);
}

function mayStart({accounts, fleet, standings}: World, workload: QueuedWorkload, worker: string): boolean {
  const standing = standings.of(shapeKey(workload.shape, workload.customer), workload);
  const index = fleet.indexOf(worker);
  return index !== undefined && isAllowed(accounts.of(workload.customer), workload, standing) && standing.fits(index);
}

const isAllowed = (
  account: Turn['account'],
  workload: QueuedWorkload,
  {need}: {readonly need: Parameters<typeof overQuota>[1]},
): boolean =>
  closed(account) === undefined &&
  overQuota(account, need) === undefined &&
  atConcurrency(account, workload.concurrency) === undefined;

/**
 * Makes room for those that fit nowhere, in the order of the round. Nobody is stopped for one that is not ahead of it by
 * tier and priority alone, nobody that has just started, and nobody for whom a place is kept.
 */
export function preempt(
  world: World,
  settings: QueueSettings,
  round: {readonly homeless: readonly Turn[]; readonly started: ReadonlySet<WorkloadId>; readonly now: number},
): Preempt[] {
  const {accounts, fleet, running, promises, standings} = world;
  const margin = Math.max(1, settings.preemption.margin);
  const rank = ({customer, priority}: Pick<QueuedWorkload, 'customer' | 'priority'>) =>
    rankOf(priority, tierOf(accounts.of(customer).view.tier, settings));
  const ranks = new Map<WorkloadId, number>();
  for (const attempt of running.values()) {
    // Where somebody is being stopped already, there may be room for anybody.
    if (attempt.stopping) ranks.set(attempt.id, Number.NEGATIVE_INFINITY);
    else if (attempt.preemptible && !round.started.has(attempt.id) && !promises.has(attempt.id)) {
      ranks.set(attempt.id, rank(attempt));
    }
  }
  if (ranks.size === 0) return [];
  const reach = new Reach(fleet, ({id}) => ranks.get(id));
  let searches = 0;
  /** By shape: the highest rank for which no place was found. */
  const inVain = new Map<object, number>();
  const decisions: Preempt[] = [];
  for (const {account, entry} of round.homeless) {
    if (decisions.length >= settings.preemption.perRound || searches >= mostSearches) break;
    const {workload} = entry;
    const standing = standings.of(entry.shapeKey, workload);
    const own = rank(workload);
    if (own <= (inVain.get(standing) ?? Number.NEGATIVE_INFINITY)) continue;
    // A start of this round may have brought the neighbour that it waits for.
    if (!isAllowed(account, workload, standing) || standing.best() >= 0) continue;
    const reached = reach.workers(standing.need, own - margin);
    if (reached.length > 0) searches += 1;
    const found = clearing(standing, fleet, reached, {
      now: round.now,
      attempt: ({id}) => running.get(id),
      mayGo: ({id}) => (ranks.get(id) ?? Number.POSITIVE_INFINITY) <= own - margin,
    });
    if (!found) {
      inVain.set(standing, own);
      continue;
    }
    for (const {workload: victim} of found.victims) ranks.set(victim, Number.NEGATIVE_INFINITY);
    promise(world, workload, found, round.now);
    reach.count(found.index);
    if (found.victims.length > 0) decisions.push(decisionOf(workload, fleet.names[found.index]!, found));
  }
  return decisions;
}

function promise(world: World, workload: QueuedWorkload, {index, victims, awaits}: Clearing, now: number): void {
  const worker = world.fleet.names[index]!;
  for (const {workload: id} of victims) {
    const victim = world.running.get(id);
    if (victim) world.renew({...victim, stopping: true} satisfies RunningAttempt);
  }
  world.promise({workload, worker, awaits}, now);
}

const decisionOf = (workload: QueuedWorkload, worker: string, {victims, cost}: Clearing): Preempt => ({
  kind: 'preempt',
  for: workload.id,
  worker,
  victims,
  cost,
  because: `fits nowhere else; ${victims.length === 1 ? '1 workload that matters less makes' : `${victims.length} workloads that matter less make`} room, ${Math.round(cost)} core-seconds are lost`,
});
