import {coresCounted, type Exact, exact, kinds} from './amounts.ts';
import type {Victim} from './decision.ts';
import type {Fleet, Holder} from './fleet.ts';
import {portsClash} from './ports.ts';
import type {RunningAttempt} from './request.ts';
import {neighbourKey} from './shape-key.ts';
import type {Standing} from './standing.ts';
import {unfit} from './suitability.ts';

/** Core-seconds that stopping it now would lose: since its start, or its newest checkpoint. */
export function lostBy(attempt: RunningAttempt, now: number): number {
  const kept = Math.max(attempt.startedAt, attempt.lastCheckpointAt ?? 0);
  return (coresCounted(attempt.shape.resources) * Math.max(0, now - kept)) / 1000;
}

/** Room that can be made on one worker. */
export interface Clearing {
  readonly index: number;
  readonly victims: readonly Victim[];
  /** Victims, and those that are being stopped already: the place is free when all of them have ended. */
  readonly awaits: readonly string[];
  readonly cost: number;
}

/** What the search asks; `mayGo` says which attempts may be victims of this workload. */
export interface Attempts {
  attempt(holder: Holder): RunningAttempt | undefined;
  mayGo(attempt: RunningAttempt): boolean;
  readonly now: number;
}

/**
 * Where, among `reached`, the shape could start if attempts that matter less were stopped: the worker where the least work is lost, then
 * the fewest victims, then by name. On one worker the choice is greedy (cheapest first, then without those that turned
 * out superfluous), or the cheapest single one that is enough.
 */
export function clearing(
  standing: Standing,
  fleet: Fleet,
  reached: readonly number[],
  attempts: Attempts,
): Clearing | undefined {
  let best: Clearing | undefined;
  for (const index of reached) {
    if (unfit(fleet.view(index), standing.shape)) continue;
    const found = clearWorker(index, standing, fleet, attempts);
    if (found && (!best || isCheaper(found, best))) best = found;
  }
  return best;
}

const isCheaper = (a: Clearing, b: Clearing): boolean =>
  a.cost < b.cost || (a.cost === b.cost && a.victims.length < b.victims.length);

interface Candidate extends Victim {
  readonly need: Exact;
}

function clearWorker(index: number, standing: Standing, fleet: Fleet, attempts: Attempts): Clearing | undefined {
  const {neighbours, shape, need} = standing;
  const stopping: string[] = [];
  const must: Candidate[] = [];
  const may: Candidate[] = [];
  const missed = new Set(neighbours.beside);
  const room = {cpu: 0, memory: 0, gpu: 0, disk: 0};
  for (const kind of kinds) room[kind] = fleet.free[kind][index]! - need[kind];
  for (const holder of fleet.holders(index)) {
    const attempt = attempts.attempt(holder);
    const name = neighbourKey(holder.customer, holder.name);
    if (attempt?.stopping) {
      stopping.push(holder.id);
      for (const kind of kinds) room[kind] += exact(holder.shape.resources)[kind];
      continue;
    }
    const wanted = neighbours.beside.includes(name);
    const candidate =
      attempt && !wanted && attempts.mayGo(attempt)
        ? {workload: holder.id, lost: lostBy(attempt, attempts.now), need: exact(holder.shape.resources)}
        : undefined;
    if (isInTheWay(holder, name, standing)) {
      if (!candidate) return undefined;
      must.push(candidate);
      continue;
    }
    if (candidate) may.push(candidate);
    if (wanted && !holder.kept) missed.delete(name);
  }
  if (missed.size > 0 || fleet.view(index).ports.some(port => shape.ports.some(own => portsClash(own, port)))) {
    return undefined;
  }
  const chosen = choose(room, must, may, need);
  if (!chosen) return undefined;
  const victims = chosen
    .map(({workload, lost}) => ({workload, lost}))
    .sort((a, b) => (a.workload < b.workload ? -1 : 1));
  return {
    index,
    victims,
    awaits: [...stopping, ...victims.map(({workload}) => workload)],
    cost: victims.reduce((sum, {lost}) => sum + lost, 0),
  };
}

/** It has to end whatever room there is: it holds a port, or one of the two avoids the other. */
const isInTheWay = (holder: Holder, name: string, {neighbours, shape}: Standing): boolean =>
  neighbours.avoid.includes(name) ||
  (neighbours.self !== undefined &&
    holder.shape.avoid.some(({workload}) => neighbourKey(holder.customer, workload) === neighbours.self)) ||
  holder.shape.ports.some(port => shape.ports.some(own => portsClash(own, port)));

function choose(
  room: Readonly<Record<keyof Exact, number>>,
  must: readonly Candidate[],
  may: readonly Candidate[],
  need: Exact,
): readonly Candidate[] | undefined {
  const fits = (victims: readonly Candidate[]) =>
    kinds.every(kind => need[kind] === 0 || victims.reduce((sum, victim) => sum + victim.need[kind], room[kind]) >= 0);
  if (fits(must)) return must;
  const order = [...may].sort((a, b) => a.lost - b.lost || (a.workload < b.workload ? -1 : 1));
  const single = order.find(one => fits([...must, one]));
  let chosen = [...must];
  for (const one of order) {
    chosen.push(one);
    if (fits(chosen)) break;
  }
  if (!fits(chosen)) return undefined;
  for (const one of [...order].reverse()) {
    const without = chosen.filter(each => each !== one);
    if (without.length < chosen.length && fits(without)) chosen = without;
  }
  const cost = (of: readonly Candidate[]) => of.reduce((sum, {lost}) => sum + lost, 0);
  return single && cost([...must, single]) <= cost(chosen) ? [...must, single] : chosen;
}
