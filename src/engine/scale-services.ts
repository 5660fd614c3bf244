import {type ApplyEnd, type ApplyStackOptions, applyUnderLease} from './apply-stack.ts';
import {changeEnvironment} from './change-environment.ts';
import {newestApplied} from './environment-replicas.ts';
import {atHome} from './portable-stack.ts';
import type {Session} from './session.ts';
import {UserError} from './spec/errors.ts';
import type {ServiceName, Stack} from './spec/stack.ts';
import {didYouMean} from './spec/suggest.ts';

export interface ScaleOptions
  extends Omit<
    ApplyStackOptions,
    'purpose' | 'action' | 'saved' | 'locked' | 'pull' | 'pins' | 'prefer' | 'promoted' | 'targets' | 'move'
  > {
  /** How many replicas each of these shall have. */
  readonly counts: ReadonlyMap<ServiceName, number>;
}

/**
 * Gives services other numbers of replicas, as an apply of what was applied last, with its images; other services are
 * left as they are. Holds until the next apply says otherwise.
 * Errors: UserError `not-applied`, `unknown-service`, and those of an apply.
 */
export function scaleServices(session: Session, {counts, ...options}: ScaleOptions): Promise<ApplyEnd> {
  return changeEnvironment(session, 'scale', options, async change => {
    const known = (await session.store.read()).environments[session.environment];
    const {stack, images = {}} = newestApplied(known) ?? {};
    if (!stack) throw notApplied(session.environment);
    const scaled = {...session, stack: withCounts(atHome(stack, session.project.directory), counts)};
    const targets = [...counts.keys()];
    return applyUnderLease(
      scaled,
      {...options, purpose: 'apply', action: 'scale', pull: false, locked: false, pins: images, targets},
      change,
    );
  });
}

/** The stack with these numbers of replicas. Errors: UserError `unknown-service`. */
export function withCounts(stack: Stack, counts: ReadonlyMap<ServiceName, number>): Stack {
  const names = stack.services.map(({name}) => name);
  const unknown = [...counts.keys()].find(name => !names.includes(name));
  if (unknown !== undefined) {
    throw new UserError({
      code: 'unknown-service',
      message: `stack ${stack.name} as it was applied last has no service "${unknown}"${didYouMean(unknown, names)}`,
      hint: `Services: ${names.join(', ') || 'none'}.`,
    });
  }
  return {
    ...stack,
    services: stack.services.map(service => ({...service, replicas: counts.get(service.name) ?? service.replicas})),
  };
}

const notApplied = (environment: string): UserError =>
  new UserError({
    code: 'not-applied',
    message: `environment "${environment}" runs nothing`,
    hint: 'Apply a stack first: niyanta apply',
    exit: 1,
  });
