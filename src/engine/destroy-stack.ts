import {type ApplyEnd, unchanged} from './apply-stack.ts';
import {type Change, changeEnvironment, type LeaseOptions} from './change-environment.ts';
import {type EarlierRun, earlierRun} from './earlier-run.ts';
import type {Plan} from './planner/plan.ts';
import {planDestroy} from './planner/plan-destroy.ts';
import {type RunChangeOptions, runChange} from './run-change.ts';
import {naming} from './runtime/naming.ts';
import type {ObservedHost} from './runtime/observed.ts';
import {toolkitHash} from './runtime/toolkit/index.ts';
import type {Session} from './session.ts';
import type {Stack} from './spec/stack.ts';
import type {EnvironmentState, LockFile} from './state/lock-file.ts';

export interface DestroyOptions
  extends Omit<LeaseOptions, 'signal'>,
    Omit<RunChangeOptions, 'action' | 'onFailure' | 'keepFailed' | 'interrupted'> {
  /** Remove the named volumes, with the data in them, as well. */
  readonly volumes: boolean;
  /** Back up before what the stack says is backed up; done unless told not to. */
  readonly backup?: boolean;
  /** Shown the plan; rejects when it is not agreed to. Not asked when there is nothing to remove. */
  readonly confirm: (plan: Plan) => Promise<void>;
  /** Told of a run that was interrupted, from which this one goes on. */
  readonly onEarlier: (earlier: EarlierRun) => void;
  readonly signal: AbortSignal;
}

/** Removes an environment's containers and networks, and its volumes if told, in reverse order of needs. */
export function destroyStack(session: Session, options: DestroyOptions): Promise<ApplyEnd> {
  return changeEnvironment(session, 'destroy', options, change => destroyUnderLease(session, options, change));
}

/** As `destroyStack`, for whoever holds the lease. */
export async function destroyUnderLease(session: Session, options: DestroyOptions, change: Change): Promise<ApplyEnd> {
  const earlier = await earlierRun(session);
  if (earlier) options.onEarlier(earlier);
  const interrupted = earlier && 'interrupted' in earlier ? earlier.interrupted : undefined;
  // Of a first apply that was interrupted, only the journal knows the needs.
  const {plan, lock} = await planToDestroy(session, change.fleet.observed, options, interrupted?.begin.stack);
  if (plan.operations.length === 0 && !interrupted) return unchanged(plan, lock);
  // Nothing is there any more, but the state does not know: it is only written.
  if (plan.operations.length > 0) await options.confirm(plan);
  const end = await runChange(
    session,
    change,
    {plan, secrets: new Map(), targets: [], volumes: options.volumes},
    {...options, action: 'destroy', onFailure: 'continue', keepFailed: false, interrupted},
  );
  return {plan, ...end};
}

/** What it takes to remove an environment. `fallback`: a stack that says its needs where no apply has come to its end. */
export async function planToDestroy(
  session: Session,
  observed: readonly ObservedHost[],
  options: Parameters<typeof planDestroy>[1] & {readonly maxUnreachable: number},
  fallback?: Stack,
): Promise<{readonly plan: Plan; readonly lock: LockFile}> {
  const lock = await session.store.read();
  const state = lock.environments[session.environment];
  const empty: Stack = {name: state?.stack ?? session.project.name, services: [], volumes: [], routes: []};
  const plan = planDestroy(
    {
      project: {name: session.project.name, hosts: session.hosts, network: session.project.network},
      stack: lastStack(state) ?? fallback ?? empty,
      environment: session.environment,
      serial: lock.serial,
      lock: state,
      observed,
      naming,
      toolkit: toolkitHash,
      options,
    },
    options,
  );
  return {plan, lock};
}

/** The stack of the newest apply: its needs give the order, even when its file is gone. */
const lastStack = (state: EnvironmentState | undefined): Stack | undefined =>
  state?.history.findLast(({stack}) => stack !== undefined)?.stack;
