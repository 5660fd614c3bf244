import {planToDestroy} from '../../destroy-stack.ts';
import {planEndOfRelease} from '../../end-release.ts';
import {withFleet} from '../../fleet.ts';
import {lastApplied} from '../../heal-stack.ts';
import {planStack} from '../../plan-stack.ts';
import type {Plan} from '../../planner/plan.ts';
import {ranBefore} from '../../rollback-stack.ts';
import {withCounts} from '../../scale-services.ts';
import type {StackSession} from '../../session.ts';
import {UserError} from '../../spec/errors.ts';
import type {ChangePlanWish} from './environments.ts';

interface PlanningOptions {
  readonly moveLost: boolean;
  readonly signal: AbortSignal;
}

/** What scaling, going back or removing would change, as it will be planned when it is carried out. Changes nothing. */
export async function planOtherChange(
  session: StackSession,
  wish: ChangePlanWish,
  options: PlanningOptions,
): Promise<Plan> {
  const maxUnreachable = session.hosts.length;
  const asEver = {...options, maxUnreachable, pull: false, locked: false, now: () => new Date()};
  switch (wish.kind) {
    case 'scale': {
      const known = (await session.store.read()).environments[session.environment];
      const last = lastApplied(session, known);
      if (!last) throw notApplied(session.environment);
      const stack = withCounts(last.session.stack, new Map(Object.entries(wish.counts)));
      const targets = Object.keys(wish.counts);
      const scaled = {...last.session, stack};
      return (await planStack(scaled, {...asEver, purpose: 'apply', pins: last.pins, targets})).plan;
    }
    case 'rollback': {
      const {session: then, pins} = await ranBefore(session, wish.to);
      return (await planStack(then, {...asEver, purpose: 'rollback', pins})).plan;
    }
    case 'promote':
    case 'abort': {
      const {signal} = options;
      return withFleet(session.hosts, {maxUnreachable, signal, ssh: session.ssh}, async fleet => {
        const {plan} = await planEndOfRelease(session, fleet.observed, {
          what: wish.kind,
          service: wish.service,
          maxUnreachable,
        });
        return plan;
      });
    }
    case 'destroy': {
      const {signal} = options;
      return withFleet(session.hosts, {maxUnreachable, signal, ssh: session.ssh}, async fleet => {
        const {plan} = await planToDestroy(session, fleet.observed, {volumes: wish.volumes, maxUnreachable});
        return plan;
      });
    }
  }
}

const notApplied = (environment: string): UserError =>
  new UserError({
    code: 'not-applied',
    message: `environment "${environment}" runs nothing`,
    hint: 'Apply a stack first: niyanta apply --server …',
    exit: 1,
  });
