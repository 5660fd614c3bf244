import type {HostName} from '../../spec/stack.ts';
import {amountText, type Exact, type Kind, kinds} from './amounts.ts';
import type {Rejection} from './decision.ts';
import type {Fleet} from './fleet.ts';
import {portText} from './shape-key.ts';
import type {Standing} from './standing.ts';
import {type Unfit, unfit, unsuitable} from './suitability.ts';

/** Names that a rejection carries. */
const named = 5;
/** Reasons that a sentence holds. */
const told = 4;

/** Workers with the same reason. */
interface Alike {
  readonly workers: HostName[];
  count: number;
}

interface Said extends Alike {
  /** As said of one of them while all say the same, in short otherwise. */
  reason: string;
}

interface Short extends Alike {
  readonly kind: Kind;
  mostFree: number;
}

/** Why each worker that does not fit the shape does not; those with the same reason together, most workers first. */
export function rejections(standing: Standing, fleet: Fleet): readonly Rejection[] {
  const points = standing.points();
  const said = new Map<string, Said>();
  // Most workers are only too full, and there are thousands of them: counted without a text for each.
  const short: readonly Short[] = kinds.map(kind => ({kind, workers: [], count: 0, mostFree: 0}));
  for (let index = 0; index < fleet.size; index += 1) {
    const out = points[index] === unsuitable ? unfit(fleet.view(index), standing.shape) : undefined;
    const lacks = out ? -1 : lacking(standing.need, fleet, index);
    if (lacks >= 0) countShort(short[lacks]!, fleet, index);
    else {
      const met = out ?? neighbourReason(standing, fleet, index);
      if (met) countSaid(said, met, fleet.names[index]!);
    }
  }
  return [
    ...[...said.values()].map(({reason, workers, count}) => ({reason, workers: count, some: workers})),
    ...short.filter(({count}) => count > 0).map(each => shortage(standing.need, each)),
  ].sort((a, b) => b.workers - a.workers || (a.reason < b.reason ? -1 : 1));
}

function countShort(short: Short, fleet: Fleet, index: number): void {
  const free = fleet.free[short.kind][index]!;
  if (free > short.mostFree) short.mostFree = free;
  if (short.count < named) short.workers.push(fleet.names[index]!);
  short.count += 1;
}

function countSaid(all: Map<string, Said>, {reason, inShort}: Unfit, worker: HostName): void {
  const said = all.get(inShort) ?? {reason, workers: [], count: 0};
  all.set(inShort, said);
  if (said.reason !== reason) said.reason = inShort;
  if (said.count < named) said.workers.push(worker);
  said.count += 1;
}

/** `412 hosts: needs 4 CPU, at most 2 CPU free; h3: in drain`. */
export function rejectionText(rejected: readonly Rejection[]): string {
  if (rejected.length === 0) return 'there is no host';
  const parts = rejected
    .slice(0, told)
    .map(({reason, workers, some}) => `${workers === 1 ? some[0] : `${workers} hosts`}: ${reason}`);
  const more = rejected.slice(told).reduce((count, {workers}) => count + workers, 0);
  return [...parts, ...(more > 0 ? [`${more} more for other reasons`] : [])].join('; ');
}

function neighbourReason(standing: Standing, fleet: Fleet, index: number): Unfit | undefined {
  const reason = standing.isMinding ? neighbourObjection(standing, fleet, index) : undefined;
  return reason === undefined ? undefined : {reason, inShort: reason};
}

function neighbourObjection({shape, neighbours}: Standing, fleet: Fleet, index: number): string | undefined {
  const met = neighbours.avoid.find(name => fleet.isTaken(index, name));
  if (met !== undefined) return `has ${nameIn(met)}, which it avoids`;
  if (neighbours.self !== undefined && fleet.isAvoidedOn(index, neighbours.self)) {
    return `has a workload that avoids ${nameIn(neighbours.self)}`;
  }
  const missed = neighbours.beside.find(name => !fleet.isPresent(index, name));
  if (missed !== undefined) return `has no ${nameIn(missed)}, which it has to be beside`;
  const taken = fleet.portTaken(index, shape.ports);
  return taken && `port ${portText(taken.port)} is taken by ${taken.by}`;
}

/** The first thing of which there is too little, by its place among `kinds`; -1 when there is enough. */
function lacking({cpu, memory, gpu, disk}: Exact, {free}: Fleet, index: number): number {
  if (cpu > 0 && cpu > free.cpu[index]!) return 0;
  if (memory > 0 && memory > free.memory[index]!) return 1;
  if (gpu > 0 && gpu > free.gpu[index]!) return 2;
  return disk > 0 && disk > free.disk[index]! ? 3 : -1;
}

const shortage = (need: Exact, {kind, mostFree, count, workers}: Short): Rejection => ({
  reason: `needs ${amountText(kind, need[kind])}, ${count === 1 ? '' : 'at most '}${amountText(kind, mostFree)} free`,
  workers: count,
  some: workers,
});

const nameIn = (neighbour: string): string => neighbour.slice(neighbour.indexOf('\n') + 1);
