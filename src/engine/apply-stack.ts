import {type Change, changeEnvironment, type LeaseOptions} from './change-environment.ts';
import {type EarlierRun, earlierRun} from './earlier-run.ts';
import {type MakePlanOptions, makePlan, type PlanStackOptions} from './plan-stack.ts';
import type {Plan} from './planner/plan.ts';
import {pruneImages} from './prune-images.ts';
import {type ChangeEnd, type RunChangeOptions, runChange} from './run-change.ts';
import type {StackSession} from './session.ts';
import {UserError} from './spec/errors.ts';
import {Exit} from './spec/exit-codes.ts';
import type {HistoryEntry, LockFile} from './state/lock-file.ts';

export interface ApplyStackOptions
  extends Omit<PlanStackOptions, 'purpose'>,
    Omit<LeaseOptions, 'maxUnreachable' | 'signal'>,
    Omit<RunChangeOptions, 'action' | 'interrupted'> {
  /** A plan saved by `plan -o`: applied only if state and hosts are as they were. */
  readonly saved?: Plan;
  readonly purpose: 'apply' | 'rollback';
  /** What journal and history call it; the purpose when absent. */
  readonly action?: 'scale';
  /** Whose images `prefer` are, for the history. */
  readonly promoted?: HistoryEntry['promoted'];
  /** Shown the plan; rejects when it is not agreed to. Not asked when the plan is empty. */
  readonly confirm: (plan: Plan) => Promise<void>;
  /** What a build prints; of `images`, which were removed afterwards. */
  readonly onBuild: (label: string, line: string) => void;
  /** Told of a run that was interrupted, from which this one goes on. */
  readonly onEarlier: (earlier: EarlierRun) => void;
}

/** A plan, and how running it ended. */
export interface ApplyEnd extends ChangeEnd {
  readonly plan: Plan;
}

/** How it ends when there is nothing to do. */
export const unchanged = (plan: Plan, {serial}: Pick<LockFile, 'serial'>): ApplyEnd => ({
  plan,
  result: {outcome: 'unchanged', serial, operations: []},
  leftovers: [],
  durationMs: 0,
});

/**
 * Plans, asks, and applies under the environment's lease. Errors: UserError `lock-held` (exit 4), `stale-plan`
 * (exit 8), and what planning says.
 */
export async function applyStack(session: StackSession, options: ApplyStackOptions): Promise<ApplyEnd> {
  const end = await changeEnvironment(session, options.purpose, options, change =>
    applyUnderLease(session, options, change),
  );
  if (end.result.outcome === 'applied' && session.project.images.keep.afterApply) {
    await pruneImages(session, {...options, onNote: text => options.onBuild('images', text)});
  }
  return end;
}

/** As `applyStack`, for whoever holds the lease. */
export async function applyUnderLease(
  session: StackSession,
  options: ApplyStackOptions,
  change: Change,
): Promise<ApplyEnd> {
  const {fleet, signal} = change;
  const reading = earlierRun(session);
  // Awaited after planning, which may fail first.
  reading.catch(() => undefined);
  const planning: MakePlanOptions = {...options, signal, build: true, onProgress: options.onBuild};
  if (options.saved) {
    // Builds are left out, as `plan` does: what they give is not part of what was reviewed.
    const {plan} = await makePlan(session, fleet, {...planning, build: false}).catch(noLongerPossible);
    refuseStale(options.saved, plan);
  }
  const {plan, lock, images, secrets} = await makePlan(session, fleet, planning);
  const earlier = await reading;
  if (earlier) options.onEarlier(earlier);
  const interrupted = earlier && 'interrupted' in earlier ? earlier.interrupted : undefined;
  const known = lock.environments[session.environment] !== undefined;
  const empty = plan.operations.length === 0;
  const renumbered = plan.replicas !== undefined;
  if (empty && !renumbered && !interrupted && (known || plan.placements.length === 0)) return unchanged(plan, lock);
  // Everything runs, but the lock file does not know, or what is stopped shall have other numbers of replicas: only the
  // state is written, so there is nothing to ask.
  if (!empty) await options.confirm(plan);
  const targets = options.targets ?? [];
  const intent = {plan, images, secrets, stack: session.stack, targets, volumes: false, promoted: options.promoted};
  const end = await runChange(session, change, intent, {
    ...options,
    action: options.action ?? options.purpose,
    interrupted,
  });
  return {plan, ...end};
}

function refuseStale(saved: Plan, now: Plan): void {
  if (saved.fingerprint === now.fingerprint && saved.serial === now.serial) return;
  throw stale(
    saved.serial === now.serial ? 'hosts or files have' : `the state (serial ${saved.serial} → ${now.serial}) has`,
  );
}

/** What was possible when the plan was saved is so no more: a port was taken, a host drained. */
function noLongerPossible(error: unknown): never {
  throw error instanceof UserError ? stale('hosts or files have', error) : error;
}

function stale(what: string, cause?: UserError): UserError {
  return new UserError({
    code: 'stale-plan',
    message: `${what} changed since this plan was made, so it is not applied${cause ? `: ${cause.message}` : ''}`,
    hint: 'Plan again, look at it, and apply that: niyanta plan -o plan.json',
    exit: Exit.stalePlan,
    cause,
  });
}
