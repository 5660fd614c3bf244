import {type PlanStackOptions, planStack} from './plan-stack.ts';
import {explainPlacement as explainIn} from './planner/explain-placement.ts';
import type {Placed} from './planner/plan.ts';
import type {StackSession} from './session.ts';

/** Why the replicas of one service are where they are, or would be. */
export interface PlacementOfService {
  readonly service: string;
  /** Every host of the project. */
  readonly hosts: readonly string[];
  readonly placements: readonly Placed[];
}

/** Plans, and says of each replica of a service which host it gets and why not another. Changes nothing. */
export async function explainPlacement(
  session: StackSession,
  service: string,
  options: Pick<PlanStackOptions, 'maxUnreachable' | 'signal' | 'now'>,
): Promise<PlacementOfService> {
  const {plan} = await planStack(session, {...options, pull: false, locked: false, purpose: 'apply'});
  return {service, hosts: session.hosts.map(({name}) => name), placements: explainIn(plan, service)};
}
