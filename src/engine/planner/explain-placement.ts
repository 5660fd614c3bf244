import {UserError} from '../spec/errors.ts';
import type {ServiceName} from '../spec/stack.ts';
import type {Placed, Plan} from './plan.ts';

/** What `explain placement SERVICE` shows: where each replica runs, why, and why not elsewhere. Errors: UserError `unknown-service`. */
export function explainPlacement(plan: Pick<Plan, 'placements' | 'stack'>, service: ServiceName): readonly Placed[] {
  const found = plan.placements.filter(placed => placed.service === service);
  if (found.length > 0) return found;
  const names = [...new Set(plan.placements.map(placed => placed.service))];
  throw new UserError({
    code: 'unknown-service',
    message: `stack ${plan.stack} has no replica of ${service}`,
    hint: names.length > 0 ? `Services that have: ${names.join(', ')}` : 'The stack has no replicas.',
  });
}
