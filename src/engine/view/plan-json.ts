import type {Change, Operation, Plan} from '../planner/plan.ts';
import {isSecret} from './field-values.ts';

/** The documented JSON of a plan (design §3): what would happen and why, without the specs it happens with. */
export function planJson(plan: Plan): object {
  return {
    serial: plan.serial,
    environment: plan.environment,
    purpose: plan.purpose,
    operations: plan.operations.map(operationJson),
    ...(plan.replicas && {replicas: plan.replicas}),
    ...(plan.onFailure && {onFailure: plan.onFailure.map(operationJson)}),
    placements: plan.placements,
    drift: plan.drift,
    interruption: plan.interruption,
    bytes: plan.bytes,
    summary: plan.summary,
    warnings: plan.warnings,
    ...(plan.security && {security: plan.security}),
  };
}

function operationJson({id, kind, action, service, replica, host, reason, changes, after, bytes}: Operation): object {
  return {id, kind, action, service, replica, host, reason, changes: changes.map(changeJson), after, bytes};
}

function changeJson({path, from, to, forces}: Change): object {
  const shown = (value: unknown) => (value === undefined ? undefined : '(secret)');
  return isSecret(path) ? {path, from: shown(from), to: shown(to), forces} : {path, from, to, forces};
}
