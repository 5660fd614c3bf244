import type {WorkerView} from '../../scheduler/queue/index.ts';
import {type Identity, invalidRequest, ownerAsked} from '../access/index.ts';
import type {Reception} from './reception.ts';
import {tryPlacement} from './try-placement.ts';

/** Of one request, all counts together. */
const mostPlaced = 10_000;

export interface PlacementsWish {
  /** For whom; the caller's own when absent. */
  readonly customer?: string;
  /** As they came, unread. */
  readonly workloads: readonly {readonly workload: Readonly<Record<string, unknown>>; readonly count: number}[];
  /** In place of the workers that there are, and of what runs on them. */
  readonly hosts?: readonly WorkerView[];
  readonly strategy: 'binpack' | 'spread';
}

export interface Placement {
  /** Index among the workloads of the wish. */
  readonly workload: number;
  /** Which of its count, from 1. */
  readonly number: number;
  readonly name: string;
  /** Absent: nowhere. */
  readonly worker?: string;
  readonly because: string;
  readonly rejected: readonly {readonly reason: string; readonly workers: number; readonly some: readonly string[]}[];
}

/** Placement as a service: the scheduler answers, and nothing happens. Errors: Refusal 400, 403, 404; those of reading. */
export async function tryPlacements(
  reception: Reception,
  who: Identity,
  {customer, workloads, hosts, strategy}: PlacementsWish,
): Promise<readonly Placement[]> {
  const owner = await ownerAsked(who, customer, reception);
  if (workloads.reduce((sum, {count}) => sum + count, 0) > mostPlaced) {
    throw invalidRequest([
      {code: 'too-many', detail: `are more than ${mostPlaced} by their counts`, path: ['workloads']},
    ]);
  }
  const read = await Promise.all(
    workloads.map(({workload}, index) => reception.reader.read(workload, ['workloads', index, 'workload'])),
  );
  const which = workloads.flatMap(({count}, index) =>
    Array.from({length: count}, (_, number) => ({workload: index, number: number + 1})),
  );
  const tried = await tryPlacement(reception.coordinator, {
    customer: owner.id,
    workloads: which.map(({workload}) => read[workload]!),
    ...(hosts && {workers: hosts}),
    strategy,
  });
  // Names of hosts that it does not run on are not for customers; those of their own request are.
  const names = who.customer === undefined || hosts !== undefined;
  return tried.map(({worker, because, rejected}, index) => ({
    ...which[index]!,
    name: read[which[index]!.workload]!.name,
    ...(worker !== undefined && {worker}),
    because,
    rejected: rejected.map(each => ({...each, some: names ? each.some : []})),
  }));
}
