import {attemptOf} from './attempt-of.ts';
import {Contest, type Turn} from './contest.ts';
import type {Decision, Park, Start} from './decision.ts';
import {atConcurrency, closed, overQuota} from './limits.ts';
import {FairShare} from './priority.ts';
import {keepPromises, preempt} from './promises.ts';
import {rejections, rejectionText} from './rejections.ts';
import type {WorkloadId} from './request.ts';
import type {QueueSettings} from './settings.ts';
import type {Standing} from './standing.ts';
import {preference} from './suitability.ts';
import type {World} from './world.ts';

/** One round: who starts where now, what is parked, who has to make room. Starts count at once. */
export function playRound(world: World, settings: QueueSettings, now: number): Decision[] {
  const {backlog, accounts, fleet, scoring, standings} = world;
  backlog.wake(now);
  scoring.renew(settings.strategy, world.perGpu());
  const decisions: Decision[] = keepPromises(world, now);
  const fairShare = new FairShare(world.active(), fleet.cores(), settings, now);
  const contest = new Contest({backlog, accounts, fairShare}, settings, now, (account, group, lane) => {
    if (closed(account) !== undefined) return false;
    const standing = standings.of(group.shapeKey, lane.head()!.workload);
    // Told before, and nothing will start in this round that it has to be beside: nothing to decide.
    const rests = standing.said && standing.neighbours.beside.length === 0 && !settings.preemption.enabled;
    return !rests || standing.best() >= 0;
  });
  const homeless: Turn[] = [];
  const started = new Set<WorkloadId>();
  for (let turn = contest.next(); turn && started.size < settings.startsPerRound; turn = contest.next()) {
    const {account, entry} = turn;
    const {workload} = entry;
    const standing = standings.of(entry.shapeKey, workload);
    if (closed(account) !== undefined) contest.dropCustomer();
    else if (overQuota(account, standing.need) !== undefined) contest.dropGroup();
    else if (atConcurrency(account, workload.concurrency) !== undefined) contest.dropLane();
    else {
      const index = standing.best();
      if (index >= 0) {
        decisions.push(start(world, settings, turn, index, now));
        started.add(workload.id);
        contest.started(turn);
      } else {
        if (!standing.said) decisions.push(park(world, standing, turn));
        homeless.push(turn);
        contest.dropLane();
      }
    }
  }
  if (settings.preemption.enabled) decisions.push(...preempt(world, settings, {homeless, started, now}));
  standings.endRound();
  return decisions;
}

function start(world: World, settings: QueueSettings, {entry}: Turn, index: number, now: number): Start {
  const {fleet, standings} = world;
  const {workload} = entry;
  const standing = standings.of(entry.shapeKey, workload);
  const worker = fleet.names[index]!;
  const rejected = fleet.size <= settings.explainUpTo ? rejections(standing, fleet) : [];
  const because = becauseOf(
    world,
    standing,
    settings,
    index,
    rejected.reduce((sum, {workers}) => sum + workers, 0),
  );
  world.dequeue(workload.id);
  world.hold(attemptOf(workload, worker, now));
  return {kind: 'start', workload: workload.id, worker, because, rejected};
}

function becauseOf({fleet}: World, {shape}: Standing, settings: QueueSettings, index: number, out: number): string {
  if (fleet.size <= settings.explainUpTo && out === fleet.size - 1) return 'the only host that fits';
  const {matches} = preference(fleet.view(index), shape);
  if (matches.length > 0) return `prefers ${matches.join('; ')}`;
  return settings.strategy === 'binpack' ? 'least room left over' : 'most room left';
}

function park({backlog, fleet}: World, standing: Standing, {entry}: Turn): Park {
  standing.said = true;
  const rejected = rejections(standing, fleet);
  const {id, customer} = entry.workload;
  return {
    kind: 'park',
    workload: id,
    customer,
    waiting: backlog.withShape(entry.shapeKey),
    because: `parked: ${rejectionText(rejected)}`,
    rejected,
  };
}
