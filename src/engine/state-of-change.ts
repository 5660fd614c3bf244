import type {ChangingFleet} from './change-environment.ts';
import type {RunEnd} from './executor/run-options.ts';
import {renewed} from './expiry.ts';
import {placementsNow} from './placements.ts';
import type {Plan} from './planner/plan.ts';
import type {VolumeMove} from './planner/plan-input.ts';
import {portable} from './portable-stack.ts';
import {releasesBefore, releasesSeen} from './release-book.ts';
import type {ResolvedImages} from './resolve-images.ts';
import type {Session} from './session.ts';
import {NiyantaError, OutsideError, UserError} from './spec/errors.ts';
import {Exit, exitOfOutcome} from './spec/exit-codes.ts';
import type {EnvironmentName, Stack} from './spec/stack.ts';
import {appendHistory, summaryText} from './state/history.ts';
import {type EnvironmentState, emptyState, type HistoryEntry, type LockFile} from './state/lock-file.ts';
import {ownerName} from './state/process-identity.ts';
import {quarantineAfter} from './state/quarantine.ts';
import type {SecretValue} from './state/secret-value.ts';
import {updateOwn} from './update-own.ts';

/** What is run, and what the state shall say of it when it ran to its end. */
export interface ChangeIntent {
  readonly plan: Plan;
  readonly images?: ResolvedImages;
  readonly secrets: ReadonlyMap<string, SecretValue>;
  /** Absent when everything is removed. */
  readonly stack?: Stack;
  /** Services it is limited to; all when empty. */
  readonly targets: readonly string[];
  /** Volumes are removed, too. */
  readonly volumes: boolean;
  /** Whose images these are, when they are another environment's. */
  readonly promoted?: HistoryEntry['promoted'];
  /** A volume that goes to another host with its service: then history has that, and not an apply. */
  readonly moved?: VolumeMove;
}

/** Writes the state before a change, so that subnets given out are known whatever happens. Errors: UserError `stale-plan`. */
export function stateBefore({store, environment}: Session, plan: Plan, at: string): Promise<LockFile> {
  return updateOwn(store, lock => {
    refuseTakenSubnets(lock, environment, plan);
    const state = lock.environments[environment];
    return withEnvironment(lock, environment, {
      ...(state ?? emptyState(plan.stack)),
      stack: plan.stack,
      subnets: {...state?.subnets, ...plan.subnets},
      releases: releasesBefore(state?.releases, plan, at),
    });
  });
}

/** Two environments that were planned at the same moment may have chosen the same addresses. */
function refuseTakenSubnets(lock: LockFile, environment: EnvironmentName, {subnets}: Plan): void {
  for (const [name, other] of Object.entries(lock.environments)) {
    if (name === environment) continue;
    const taken = new Set(Object.values(other.subnets));
    const clash = Object.entries(subnets).find(([, subnet]) => taken.has(subnet));
    if (!clash) continue;
    throw new UserError({
      code: 'stale-plan',
      message: `environment "${name}" was given ${clash[1]}, which this plan meant for ${clash[0]}, at the same time`,
      hint: 'Run the same command again: it will choose other addresses.',
      exit: Exit.stalePlan,
    });
  }
}

/** Writes what the hosts run now, the images that are pinned, and the line of history. */
export async function stateAfter(
  session: Session,
  fleet: ChangingFleet,
  intent: ChangeIntent,
  end: RunEnd & Pick<HistoryEntry, 'at' | 'action'>,
): Promise<LockFile> {
  const observed = await fleet.observe();
  const applied = end.outcome === 'applied';
  const answers = observed.map(({host, reachable}) => ({host, answers: reachable && !end.lost.includes(host)}));
  return updateOwn(session.store, lock => {
    // Someone may have deleted the lock file meanwhile.
    const state = lock.environments[session.environment] ?? emptyState(intent.plan.stack);
    const entry: HistoryEntry = {
      serial: lock.serial + 1,
      at: end.at,
      who: ownerName(),
      action: intent.moved ? 'volume-move' : end.action,
      outcome: end.outcome === 'unchanged' ? 'applied' : end.outcome,
      summary: summaryOf(intent, end),
      ...(applied && intent.stack
        ? {stack: portable(intent.stack, session.project.directory), images: intent.images?.pins ?? {}}
        : {}),
      ...(applied && intent.promoted ? {promoted: intent.promoted} : {}),
    };
    return withEnvironment(lock, session.environment, {
      ...state,
      ...(applied && intent.stack ? renewed(session, state, end.at) : {}),
      subnets: {...state.subnets, ...intent.plan.subnets},
      images: applied ? {...state.images, ...intent.images?.pins} : state.images,
      placements: placementsNow(observed, session.project.name, session.environment, state.placements),
      releases: releasesSeen(state.releases, observed),
      stopped: applied && intent.stack === undefined ? [] : state.stopped,
      // Of hosts that were gone on without, what was to be done there was not even begun.
      quarantine: quarantineAfter(state.quarantine, answers, {
        at: end.at,
        caughtUp: applied || (end.outcome === 'partly-applied' && end.error === undefined),
      }),
      history: appendHistory(state.history, entry),
    });
  });
}

/** What was done is done, also when it cannot be written down: then that is told, and the next apply finds it. */
export function stateNotWritten(error: unknown, outcome: RunEnd['outcome']): unknown {
  if (!(error instanceof NiyantaError) || ['lease-lost', 'fenced'].includes(error.code)) return error;
  const worked = exitOfOutcome[outcome] === Exit.ok;
  return new OutsideError({
    code: 'state-not-written',
    message: `the change itself ended: ${outcome}; but the state could not be written: ${error.message}`,
    hint: `${error.hint ?? 'See what keeps it from being written.'} Then apply again: it goes by what the hosts run.`,
    exit: worked ? Exit.partlyApplied : exitOfOutcome[outcome],
    cause: error,
  });
}

function summaryOf({plan, moved}: ChangeIntent, end: RunEnd & Pick<HistoryEntry, 'action'>): string {
  const counts = summaryText(countDone(plan, end));
  if (moved) return `${moved.volume} from ${moved.from} to ${moved.to}: ${counts}`;
  if (end.action !== 'scale') return counts;
  const scaled = (plan.replicas ?? []).map(({service, from, to}) => `${service} ${from} → ${to}`);
  return [...scaled, counts].join(', ');
}

function countDone(plan: Plan, end: RunEnd): Plan['summary'] {
  const counts = {create: 0, update: 0, replace: 0, delete: 0};
  const done = new Set(end.operations.filter(({outcome}) => outcome === 'done').map(({id}) => id));
  for (const {id, action} of plan.operations) if (done.has(id)) counts[action] += 1;
  return counts;
}

const withEnvironment = (lock: LockFile, name: string, state: EnvironmentState): LockFile => ({
  ...lock,
  environments: {...lock.environments, [name]: state},
});
