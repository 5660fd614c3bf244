import {foundThere} from '../../../../src/engine/coordinator/leading/ahead.ts';
import type {EventRow} from '../../../../src/engine/coordinator/store/store.ts';
import {
  hasEnded,
  holdsPlace,
  mayFollow,
  type WorkloadState,
} from '../../../../src/engine/coordinator/workload-states.ts';
import type {ContainerEvent, RecordedHistory} from './recorded-history.ts';

type Check = (history: RecordedHistory) => readonly string[];

/**
 * What is wrong with a run that is over, one line each; none when all was kept: nothing that was acknowledged is lost or
 * unfinished, an attempt is begun once and completed once, only who leads decides, generations only grow, one customer's
 * alike start in the order of their acceptance, and what ran on hosts is what the database says.
 */
export const checkHistory = (history: RecordedHistory): readonly string[] => checks.flatMap(check => check(history));

const acknowledgedAreThere: Check = ({acknowledged, workloads}) => {
  const states = new Map(workloads.map(({id, state}) => [id, state]));
  return acknowledged.flatMap(({id}) => {
    const state = states.get(id);
    if (state === undefined) return [`lost: ${id} was acknowledged and is not there`];
    return hasEnded(state as WorkloadState) ? [] : [`unfinished: ${id} is ${state} in the end`];
  });
};

const acceptedOnce: Check = ({events, workloads}) => [
  ...twice(events.flatMap(({type, workload}) => (type === 'workload.accepted' ? [String(workload)] : []))).map(
    id => `accepted twice: ${id}`,
  ),
  ...twice(
    workloads.flatMap(({customer, idempotencyKey: key}) => (key === undefined ? [] : [`${customer} ${key}`])),
  ).map(key => `two workloads of one idempotency key: ${key}`),
  ...twice(workloads.map(({seq}) => String(seq))).map(seq => `two workloads of one place in the order: ${seq}`),
];

/** Each begins where the one before ended, by the table of states. */
const transitionsFollow: Check = ({events}) =>
  [...byWorkload(events)].flatMap(([id, mine]) =>
    mine.flatMap(({from, to}, index) => {
      if (from === undefined || to === undefined) return [];
      const before = mine[index - 1]?.to;
      if (before !== undefined && before !== from) return [`broken chain: ${id} went from ${from} and was ${before}`];
      return mayFollow(from, to) ? [] : [`no transition: ${id} ${from} → ${to}`];
    }),
  );

const attemptsCount: Check = ({events}) =>
  [...byWorkload(events)].flatMap(([id, mine]) => {
    const begun = mine.flatMap(({to, attempt}) => (to === 'SCHEDULED' ? [attempt] : []));
    return begun.every((attempt, index) => attempt === index + 1) ? [] : [`attempts of ${id}: ${begun.join(' ')}`];
  });

/** However often an end is said, it counts once. */
const completedOnce: Check = ({events}) =>
  [...byWorkload(events)].flatMap(([id, mine]) => {
    const ends = mine.flatMap(({from, to, attempt}) =>
      from && to && holdsPlace(from) && !holdsPlace(to) ? [`${attempt}`] : [],
    );
    const successes = mine.filter(({to}) => to === 'SUCCEEDED').length;
    return [
      ...twice(ends).map(attempt => `completed twice: attempt ${attempt} of ${id}`),
      ...(successes > 1 ? [`succeeded twice: ${id}`] : []),
    ];
  });

const generationsGrow: Check = ({events}) => {
  const elected = events.flatMap(({type, data}) => (type === 'leader.elected' ? [Number(data.generation)] : []));
  return elected.flatMap((generation, index) =>
    index > 0 && generation <= elected[index - 1]! ? [`generation ${generation} after ${elected[index - 1]}`] : [],
  );
};

/** A leader takes an attempt away from its worker when that is lost, and not from one that waits for it. */
const takenWhenLost: Check = ({events, workloads}) => {
  const waiting = new Set(workloads.filter(({waits}) => waits).map(({id}) => id));
  return events.flatMap(({from, to, actor, workload}) => {
    if (!from || !to || !holdsPlace(from) || to === 'LOST' || !actor.name.startsWith('coordinator:')) return [];
    if (from !== 'LOST') return [`taken away: ${workload} from ${from} to ${to}`];
    return waiting.has(String(workload)) && to !== 'CANCELLED' ? [`did not wait for its host: ${workload}`] : [];
  });
};

/** What a coordinator signs as the one that leads comes after its election, and before the next. */
const leadersDecide: Check = ({events}) => {
  let leader = '';
  const wrong: string[] = [];
  for (const {type, actor, workload, to} of events) {
    if (type === 'leader.elected') leader = actor.name;
    if (type === 'workload.state' && actor.name.startsWith('coordinator:') && actor.name !== leader)
      wrong.push(`not the leader: ${actor.name} moved ${workload} to ${to} while ${leader} led`);
  }
  return wrong;
};

const inOrder: Check = ({events, workloads}) => {
  const first = new Map<string, number>();
  events.forEach(({workload, to, attempt, data}, index) => {
    // Those that are found come in the order in which hosts answer.
    if (to === 'SCHEDULED' && attempt === 1 && data.reason !== foundThere) first.set(String(workload), index);
  });
  const lines = new Map<string, number>();
  return workloads
    .filter(({id, line}) => line !== undefined && first.has(id))
    .toSorted((a, b) => a.seq - b.seq)
    .flatMap(({id, line}) => {
      const before = lines.get(line!) ?? -1;
      const at = first.get(id)!;
      lines.set(line!, Math.max(before, at));
      return at < before ? [`order: ${id} was started before one that was accepted earlier (${line})`] : [];
    });
};

/** An attempt runs at most once, where it was placed, and not before it was; what succeeded has run to its end. */
const hostsAgree: Check = ({events, containers}) => {
  if (!containers) return [];
  const placed = new Map(
    events.flatMap(event => (event.to === 'SCHEDULED' ? [[attemptOf(event), event] as const] : [])),
  );
  const started = containers.filter(({what}) => what === 'started');
  const ended = new Set(containers.flatMap(each => (isGoodEnd(each) ? [attemptOf(each)] : [])));
  const failed = new Set(containers.map(each => `${attemptOf(each)} ${each.exitCode}`));
  return [
    ...twice(started.map(attemptOf)).map(attempt => `ran twice: ${attempt}`),
    ...started.flatMap(each => {
      const there = placed.get(attemptOf(each));
      if (!there) return [`ran without a place: ${attemptOf(each)} on ${each.host}`];
      return there.data.worker === each.host ? [] : [`ran elsewhere: ${attemptOf(each)} on ${each.host}`];
    }),
    ...events.flatMap(event =>
      event.to === 'SUCCEEDED' && !ended.has(attemptOf(event)) ? [`succeeded without an end: ${attemptOf(event)}`] : [],
    ),
    ...events.flatMap(event =>
      failedByItself(event) && !failed.has(`${attemptOf(event)} ${event.data.exitCode}`)
        ? [`failed without an end: ${attemptOf(event)}`]
        : [],
    ),
  ];
};

const nothingLeft: Check = ({left = []}) => left.map(each => `left on ${each.host}: ${attemptOf(each)}`);

const checks: readonly Check[] = [
  acknowledgedAreThere,
  acceptedOnce,
  transitionsFollow,
  attemptsCount,
  completedOnce,
  generationsGrow,
  takenWhenLost,
  leadersDecide,
  inOrder,
  hostsAgree,
  nothingLeft,
];

const isGoodEnd = ({what, exitCode}: ContainerEvent): boolean => what === 'ended' && exitCode === 0;

/** Not by a signal, which whoever ended it sent. */
const failedByItself = ({from, to, data}: EventRow): boolean =>
  from !== undefined && holdsPlace(from) && to !== 'SUCCEEDED' && Number(data.exitCode ?? 255) < 128;

const attemptOf = ({workload, attempt}: {readonly workload?: string; readonly attempt?: number}): string =>
  `${workload}.${attempt}`;

function byWorkload(events: readonly EventRow[]): ReadonlyMap<string, readonly EventRow[]> {
  const all = new Map<string, EventRow[]>();
  for (const event of events) {
    if (event.workload === undefined || event.to === undefined) continue;
    const mine = all.get(event.workload);
    if (mine) mine.push(event);
    else all.set(event.workload, [event]);
  }
  return all;
}

const twice = (names: readonly string[]): readonly string[] => {
  const seen = new Set<string>();
  return [...new Set(names.filter(name => seen.size === seen.add(name).size))];
};
