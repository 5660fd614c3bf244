import type {Entry} from './backlog.ts';
import type {Points, Why} from './decision.ts';
import {atConcurrency, closed, overQuota} from './limits.ts';
import {ownPoints, tierOf, totalPoints} from './priority.ts';
import {rejections, rejectionText} from './rejections.ts';
import type {QueuedWorkload, WorkloadId} from './request.ts';
import type {QueueSettings} from './settings.ts';
import type {World} from './world.ts';

/** The first thing that holds a workload up, or its place in the order when nothing does. */
export function explain(world: World, settings: QueueSettings, id: WorkloadId, now: number): Why {
  const {backlog, accounts, fleet, running, promises, scoring, standings} = world;
  const promised = promises.get(id);
  if (promised) {
    const left = promised.awaits.filter(each => running.get(each)?.worker === promised.worker).length;
    const text = `its place on ${promised.worker} is kept; it starts when ${left === 1 ? '1 other workload has' : `${left} other workloads have`} ended there`;
    return {workload: id, state: 'promised', worker: promised.worker, text, rejected: []};
  }
  const attempt = running.get(id);
  if (attempt) {
    const {worker} = attempt;
    return {workload: id, state: 'running', worker, text: `holds a place on ${worker}`, rejected: []};
  }
  const entry = backlog.get(id);
  if (!entry) return {workload: id, state: 'unknown', text: 'is not in the queue', rejected: []};

  const {workload} = entry;
  const account = accounts.of(workload.customer);
  const points = pointsOf(world, settings, workload, now);
  const say = (state: Why['state'], text: string, rest: Partial<Why> = {}): Why => ({
    workload: id,
    state,
    text,
    points,
    rejected: [],
    ...rest,
  });
  if (isLater(entry, now)) {
    return say('waiting', `does not start before ${new Date(workload.notBefore!).toISOString()}`);
  }
  scoring.renew(settings.strategy, world.perGpu());
  const standing = standings.of(entry.shapeKey, workload);
  const limited = closed(account) ?? overQuota(account, standing.need) ?? atConcurrency(account, workload.concurrency);
  if (limited !== undefined) return say('limited', limited);
  if (standing.best() < 0) {
    const rejected = rejections(standing, fleet);
    return say('parked', `parked: ${rejectionText(rejected)}`, {rejected});
  }
  const place = placeOf(world, settings, entry, now);
  const where = `${ordinal(place.position)} in its customer's queue`;
  const behind = place.behind === undefined ? '' : `, behind ${place.behind}`;
  return say('queued', `${where}${behind}`, {place, rejected: rejections(standing, fleet)});
}

/** Among those of its customer whose time has come. */
function placeOf(world: World, settings: QueueSettings, entry: Entry, now: number): NonNullable<Why['place']> {
  const {customer} = entry.workload;
  const tier = tierOf(world.accounts.of(customer).view.tier, settings);
  const judged = world.backlog
    .entriesOf(customer)
    .filter(each => !isLater(each, now))
    .map(({workload}) => ({workload, points: ownPoints(workload, tier, settings, now).total}))
    .sort((a, b) => b.points - a.points || a.workload.seq - b.workload.seq);
  const at = judged.findIndex(({workload}) => workload.id === entry.workload.id);
  return {position: at + 1, behind: judged[at - 1]?.workload.id};
}

/** What has come once stays: a clock that goes back does not send it away. */
const isLater = ({workload, lane}: Entry, now: number): boolean =>
  lane === undefined && workload.notBefore !== undefined && workload.notBefore > now;

function pointsOf(world: World, settings: QueueSettings, workload: QueuedWorkload, now: number): Points {
  const tier = tierOf(world.accounts.of(workload.customer).view.tier, settings);
  const own = ownPoints(workload, tier, settings, now);
  const fairShare = world.fairShare(settings, now).points(workload.customer);
  return {...own, fairShare, total: totalPoints(own, fairShare)};
}

const words = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth', 'tenth'];

const ordinal = (position: number): string => words[position - 1] ?? `${position}${suffix(position)}`;

function suffix(position: number): string {
  if (position % 100 >= 11 && position % 100 <= 13) return 'th';
  return ['th', 'st', 'nd', 'rd'][position % 10] ?? 'th';
}
