import {type ApplyEnd, type ApplyStackOptions, applyUnderLease} from './apply-stack.ts';
import {changeEnvironment} from './change-environment.ts';
import {newestApplied} from './environment-replicas.ts';
import type {Fleet} from './fleet.ts';
import {type MakePlanOptions, makePlan, type Planned} from './plan-stack.ts';
import {atHome} from './portable-stack.ts';
import type {Session, StackSession} from './session.ts';
import {UserError} from './spec/errors.ts';
import type {EnvironmentState, HistoryEntry, PinnedReference} from './state/lock-file.ts';

export type HealOptions = Omit<
  ApplyStackOptions,
  'purpose' | 'action' | 'saved' | 'locked' | 'pull' | 'pins' | 'prefer' | 'promoted' | 'targets' | 'move' | 'confirm'
>;

/** What was applied last, to be had again: the stack with its images. */
export interface LastApplied {
  readonly session: StackSession;
  readonly pins: Readonly<Record<string, PinnedReference>>;
}

/** Undefined of an environment that was never applied, or was destroyed. */
export function lastApplied(session: Session, known: EnvironmentState | undefined): LastApplied | undefined {
  const entry: HistoryEntry | undefined = newestApplied(known);
  if (!entry?.stack) return undefined;
  return {
    session: {...session, stack: atHome(entry.stack, session.project.directory)},
    pins: entry.images ?? {},
  };
}

/** What it takes to have again what was applied last. Changes nothing. Undefined where nothing was applied. */
export async function planHealing(
  session: Session,
  fleet: Fleet,
  options: Pick<MakePlanOptions, 'maxUnreachable' | 'moveLost' | 'signal' | 'now'>,
): Promise<Planned | undefined> {
  const known = (await session.store.read()).environments[session.environment];
  const last = lastApplied(session, known);
  if (!last) return undefined;
  const {pins} = last;
  const asEver = {pull: false, locked: false, build: false, purpose: 'apply', onProgress: () => undefined} as const;
  return makePlan(last.session, fleet, {...options, ...asEver, pins});
}

/**
 * Makes the hosts run again what was applied last, with its images, as an apply of it does; nobody is asked. Errors:
 * UserError `not-applied`, and those of an apply.
 */
export function healStack(session: Session, options: HealOptions): Promise<ApplyEnd> {
  return changeEnvironment(session, 'heal', options, async change => {
    const known = (await session.store.read()).environments[session.environment];
    const last = lastApplied(session, known);
    if (!last) throw notApplied(session.environment);
    const agreed = {confirm: async () => {}, purpose: 'apply', pull: false, locked: false} as const;
    return applyUnderLease(last.session, {...options, ...agreed, pins: last.pins}, change);
  });
}

const notApplied = (environment: string): UserError =>
  new UserError({
    code: 'not-applied',
    message: `environment "${environment}" runs nothing`,
    hint: 'Apply a stack first: niyanta apply',
    exit: 1,
  });
