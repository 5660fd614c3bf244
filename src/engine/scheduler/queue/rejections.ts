import type {HostName} from '../../spec/stack.ts';
import {amountText, type Exact, type Kind, kinds} from './amounts.ts';
import type {Rejection} from './decision.ts';
import type {Fleet} from './fleet.ts';
import {portText} from './shape-key.ts';
import type {Standing} from './standing.ts';
import {unfit, unsuitable} from './suitability.ts';

/** Names that a rejection carries. */
const named = 5;
/** Reasons that a sentence holds. */
const told = 4;

/** Workers with the same reason: as said of one of them while all say the same, in short otherwise. */
interface Alike {
  readonly workers: HostName[];
  count: number;
  reason: string;
}

/** Why each worker that does not fit the shape does not; those with the same reason together, most workers first. */
export function rejections(standing: Standing, fleet: Fleet): readonly Rejection[] {
  const points = standing.points();
  const found = new Map<string, Alike>();
  const mostFree = new Map<Kind, number>();
  const note = (key: string, index: number, reason: string, inShort: string): void => {
    const alike = found.get(key) ?? {workers: [], count: 0, reason};
    if (alike.count === 0) found.set(key, alike);
    else if (alike.reason !== reason) alike.reason = inShort;
    alike.count += 1;
    if (alike.workers.length < named) alike.workers.push(fleet.names[index]!);
  };
  for (let index = 0; index < fleet.size; index += 1) {
    const out = points[index] === unsuitable ? unfit(fleet.view(index), standing.shape) : undefined;
    const kind = out ? undefined : lacking(standing.need, fleet, index);
    if (out) note(`:${out.inShort}`, index, out.reason, out.inShort);
    else if (kind !== undefined) {
      note(kind, index, kind, kind);
      mostFree.set(kind, Math.max(mostFree.get(kind) ?? 0, fleet.free[kind][index]!));
    } else {
      const met = standing.isMinding ? neighbourReason(standing, fleet, index) : undefined;
      if (met !== undefined) note(`:${met}`, index, met, met);
    }
  }
  return [...found]
    .map(([key, {count, reason, workers}]) => ({
      reason: isKind(key) ? shortage(standing.need, key, mostFree.get(key)!, count) : reason,
      workers: count,
      some: workers,
    }))
    .sort((a, b) => b.workers - a.workers || (a.reason < b.reason ? -1 : 1));
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

function neighbourReason({shape, neighbours}: Standing, fleet: Fleet, index: number): string | undefined {
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

/** The first thing of which there is too little. */
function lacking(need: Exact, {free}: Fleet, index: number): Kind | undefined {
  for (const kind of kinds) if (need[kind] > 0 && need[kind] > free[kind][index]!) return kind;
  return undefined;
}

const shortage = (need: Exact, kind: Kind, free: number, workers: number): string =>
  `needs ${amountText(kind, need[kind])}, ${workers === 1 ? '' : 'at most '}${amountText(kind, free)} free`;

const isKind = (key: string): key is Kind => (kinds as readonly string[]).includes(key);

const nameIn = (neighbour: string): string => neighbour.slice(neighbour.indexOf('\n') + 1);
