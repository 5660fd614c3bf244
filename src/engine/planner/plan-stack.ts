import {place} from '../scheduler/place.ts';
import {driftOf} from './drift.ts';
import {fingerprint} from './fingerprint.ts';
import {hostNetworks} from './host-networks.ts';
import {interruptions} from './interruption.ts';
import {Networks} from './networks.ts';
import {operationsFor} from './operations/operations.ts';
import {scopeOf} from './ownership.ts';
import {placementRequest} from './placement-request.ts';
import type {Placed, Plan, ReplicaCount} from './plan.ts';
import type {PlanInput} from './plan-input.ts';
import {reconcile, type Sorted} from './reconcile.ts';
import {securityNotes} from './security.ts';
import {situationOf} from './situation.ts';
import {summarise} from './summary.ts';
import {warningsOf} from './warnings.ts';

/**
 * The ordered difference between what the stack asks for and what the hosts run. Pure: the same input gives the same
 * plan. An unchanged stack gives no operations.
 * Errors: OutsideError `host-unreachable`; UserError `unplaceable`, `unknown-service`, `network-pool-exhausted`,
 * `no-address-left`, `network-address-unknown`, `network-address-shared`, `subnet-clash`.
 */
export function planStack(input: PlanInput): Plan {
  const situation = situationOf(input);
  const placed = place(placementRequest(input, situation));
  const networks = new Networks(input, scopeOf(input), situation.hosts);
  const sorted = reconcile(input, situation, placed, networks);
  const connected = hostNetworks(input, situation, sorted, networks);
  const {operations, steps, warnings, onFailure} = operationsFor(input, situation.hosts, sorted, connected, networks);
  const placements = [...placed.placements, ...sorted.flatMap(unplaced)].sort((a, b) =>
    a.service < b.service ? -1 : a.service > b.service ? 1 : a.replica - b.replica,
  );
  const security = securityNotes(sorted);
  const replicas = scaled(input);
  const plan = {
    version: 1 as const,
    ...scopeOf(input),
    purpose: input.options.purpose,
    serial: input.serial,
    operations,
    ...(replicas.length > 0 && {replicas}),
    ...(onFailure.length > 0 && {onFailure}),
    placements,
    drift: driftOf(input, situation),
    interruption: interruptions(input.stack.services, steps, operations),
    bytes: operations.reduce((sum, {bytes}) => sum + (bytes ?? 0), 0),
    summary: summarise(operations),
    warnings: [...warningsOf(input, situation, sorted), ...warnings],
    ...(security.length > 0 && {security}),
    subnets: networks.subnets,
  };
  return {...plan, fingerprint: fingerprint(input, plan)};
}

/** Of services that come or go as a whole nothing is told: their replicas say it. */
function scaled({stack, replicas, options: {targets = []}}: PlanInput): readonly ReplicaCount[] {
  return stack.services.flatMap(({name, replicas: to}) => {
    const from = replicas?.get(name);
    const meant = targets.length === 0 || targets.includes(name);
    return meant && from !== undefined && from !== to ? [{service: name, from, to}] : [];
  });
}

/** Desired replicas that nobody had to place: stopped on purpose, lost, not a target. */
function unplaced({bucket, replica, host, reason}: Sorted): readonly Placed[] {
  if (!replica.desired || host === undefined) return [];
  const restarted = bucket === 'restart' && replica.reach !== 'all';
  if (bucket !== 'held' && bucket !== 'lost' && !restarted) return [];
  return [{service: replica.service, replica: replica.replica, host, because: reason, rejected: []}];
}
