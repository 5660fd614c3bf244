import {earlierTakes} from './alike.ts';
import {attemptOf} from './attempt-of.ts';
import {Contest, type Turn} from './contest.ts';
import type {Decision, Park, Start} from './decision.ts';
import {atConcurrency, closed, overQuota} from './limits.ts';
import {keepPromises, preempt} from './promises.ts';
import {rejections, rejectionText} from './rejections.ts';
import type {WorkloadId} from './request.ts';
import type {QueueSettings} from './settings.ts';
import type {Standing} from './standing.ts';
import {preference} from './suitability.ts';
import type {World} from './world.ts';

/** One round: who starts where now, what is parked, who has to make room. Starts count at once. */
export function playRound(world: World, settings: QueueSettings, now: number): Decision[] {
  const {backlog, accounts, scoring, standings} = world;
  backlog.wake(now);
  scoring.renew(settings.strategy, world.perGpu());
  const decisions: Decision[] = keepPromises(world, now);
  const fairShare = world.fairShare(settings, now);
  const contest = new Contest({backlog, accounts, fairShare}, settings, now, (account, group, lane) => {
    if (closed(account) !== undefined) return false;
    const standing = standings.of(group.shapeKey, lane.head()!.workload);
    // Nothing that this round starts makes room for it, unless it has to be beside that.
    const rests = standing.isTold && standing.neighbours.beside.length === 0 && !settings.preemption.enabled;
    if (!rests || standing.best() >= 0) return true;
    standing.told();
    return false;
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
        const decided = earlierTakes(world, turn, index, now) ?? start(world, settings, turn, index, now);
        decisions.push(decided);
        started.add(decided.workload);
        contest.started(turn);
      } else {
        if (!standing.isTold) decisions.push(park(world, standing, turn));
        standing.told();
        homeless.push(turn);
        // Where its name plays no part, it is the same for the whole group: nobody overtakes it in this round.
        if (standing.neighbours.self === undefined) contest.dropGroup();
        else contest.dropLane();
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
