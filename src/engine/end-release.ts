import {type ApplyEnd, unchanged} from './apply-stack.ts';
import {type Change, changeEnvironment, type LeaseOptions} from './change-environment.ts';
import {appliedStack} from './environment-replicas.ts';
import {openReleases} from './open-releases.ts';
import type {Plan} from './planner/plan.ts';
import {planRelease} from './planner/plan-release.ts';
import {atHome} from './portable-stack.ts';
import {type RunChangeOptions, runChange} from './run-change.ts';
import type {ObservedHost} from './runtime/observed.ts';
import type {Session} from './session.ts';
import {OutsideError} from './spec/errors.ts';
import type {Stack} from './spec/stack.ts';
import type {EnvironmentState, HistoryEntry, LockFile} from './state/lock-file.ts';
import {routeSecrets} from './traffic-now.ts';

export interface EndReleaseOptions
  extends Omit<LeaseOptions, 'signal'>,
    Omit<RunChangeOptions, 'action' | 'onFailure' | 'keepFailed' | 'interrupted'> {
  readonly what: 'promote' | 'abort';
  /** All that are open when absent. */
  readonly service?: string | undefined;
  readonly confirm: (plan: Plan) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Promotes or aborts what is open, under the lease. While an apply holds it, `askRunning` is the way.
 * Errors: UserError `no-release`, OutsideError `release-lost`.
 */
export function endRelease(session: Session, options: EndReleaseOptions): Promise<ApplyEnd> {
  return changeEnvironment(session, options.what, options, change => underLease(session, options, change));
}

/** What promoting or aborting would change, with the state that it was made of. Errors: as `endRelease`. */
export async function planEndOfRelease(
  {project, environment, store}: Session,
  observed: readonly ObservedHost[],
  options: Pick<EndReleaseOptions, 'what' | 'service' | 'maxUnreachable'>,
): Promise<{readonly plan: Plan; readonly lock: LockFile}> {
  const lock = await store.read();
  const known = lock.environments[environment];
  const services = openReleases(known, environment, options.service);
  const input = {project: project.name, environment, serial: lock.serial, lock: known!, observed, options};
  const plan = planRelease(input, options.what, services);
  refuseNobodyLeft(plan, options.what);
  return {plan, lock};
}

async function underLease(session: Session, options: EndReleaseOptions, change: Change): Promise<ApplyEnd> {
  const {plan, lock} = await planEndOfRelease(session, change.fleet.observed, options);
  const known = lock.environments[session.environment];
  if (plan.operations.length === 0) return unchanged(plan, lock);
  await options.confirm(plan);
  const all = plan.operations.flatMap(operation => (operation.kind === 'switch' ? operation.services : []));
  const then = whatRunsThen(known!, options.what, all);
  const end = await runChange(
    session,
    change,
    {
      plan,
      secrets: await routeSecrets(session, change.fleet.observed),
      images: {pins: then?.images ?? {}, local: new Map(), byService: {}},
      stack: then && atHome(then.stack, session.project.directory),
      targets: all,
      volumes: false,
    },
    {...options, action: options.what, onFailure: 'rollback', keepFailed: false},
  );
  return {plan, ...end};
}

/** Nobody would answer any more: that is no way to end a release. */
function refuseNobodyLeft({operations}: Plan, what: 'promote' | 'abort'): void {
  for (const operation of operations) {
    if (operation.kind !== 'switch' || operation.to.length > 0) continue;
    throw new OutsideError({
      code: 'release-lost',
      message: `none of the ${what === 'promote' ? 'new' : 'old'} replicas of ${operation.services.join(', ')} is there any more`,
      hint: 'niyanta apply brings them back; or end the release the other way.',
    });
  }
}

type Applied = Pick<HistoryEntry, 'images'> & {readonly stack: Stack};

/** The stack that runs when it is done: as applied last; of what is aborted, the services as they were before. */
function whatRunsThen(
  known: EnvironmentState,
  what: 'promote' | 'abort',
  services: readonly string[],
): Applied | undefined {
  const applied = known.history.filter((entry): entry is HistoryEntry & {stack: Stack} => entry.stack !== undefined);
  const stack = appliedStack(known);
  const last = applied.at(-1);
  if (!stack || !last || what === 'promote') return last;
  const since = known.releases?.[services[0]!]?.since ?? '';
  const before = applied.findLast(({at}) => at < since);
  if (!before) return last;
  const then = (name: string) => services.includes(name) && before.stack.services.find(one => one.name === name);
  return {
    stack: {...stack, services: stack.services.map(service => then(service.name) || service)},
    images: {...last.images, ...before.images},
  };
}
