import {invalidRequest} from '../../coordinator/access/index.ts';
import type {ApplyWish, ChangePlanWish, PlanWish, UpdateWish} from '../../coordinator/environments/environments.ts';
import type {
  ApplyEnvironmentRequest,
  PlanChangeRequest,
  PlanEnvironmentRequest,
  UpdateEnvironmentRequest,
} from '../messages.d.ts';
import {idempotencyKey, missing, wrong} from './read-fields.ts';
import {sha256} from './read-submission.ts';

/** Fields of requests about environments, as the REST API takes them. Errors of all: Refusal 400 with the field. */

const ENDS = ['rollback', 'stop', 'continue'] as const;
const HEALING = ['on', 'paused'] as const;
const MOST_REPLICAS = 1000;

export function environmentId(text: string): string {
  const good = text.length <= 200 && /^[a-z0-9][a-z0-9-]*\.[a-z0-9][a-z0-9-]*$/.test(text);
  if (!good) throw wrong(['id'], 'is not the id of an environment: PROJECT.ENVIRONMENT');
  return text;
}

export const planWish = ({bundle, targets, pull}: PlanEnvironmentRequest): PlanWish => ({
  bundle: sha256(bundle, ['bundle']),
  ...(targets.length > 0 && {targets: serviceNames(targets, 'targets')}),
  pull,
});

export const updateWish = (request: UpdateEnvironmentRequest): UpdateWish => ({
  ...applyWish({...request, customer: ''}),
  ...(request.revision !== undefined && {revision: safe(request.revision, 'revision')}),
});

export function applyWish(request: ApplyEnvironmentRequest): ApplyWish {
  const {agreed} = request;
  const onFailure = ENDS.find(end => end === (request.onFailure || 'rollback'));
  if (onFailure === undefined) throw wrong(['on_failure'], 'must be rollback, stop or continue');
  const key = idempotencyKey(request.idempotencyKey);
  return {
    ...planWish(request),
    onFailure,
    ...(agreed && {agreed: {serial: safe(agreed.serial, 'agreed.serial'), fingerprint: agreed.fingerprint}}),
    ...(key !== undefined && {idempotencyKey: key}),
  };
}

export function changePlanWish({scale, rollback, destroy, promote, abort}: PlanChangeRequest): ChangePlanWish {
  const ended = ({service}: {readonly service: string}) =>
    service === '' ? {} : {service: serviceNames([service], 'service')[0]!};
  if (promote) return {kind: 'promote', ...ended(promote)};
  if (abort) return {kind: 'abort', ...ended(abort)};
  if (scale) return {kind: 'scale', counts: replicaCounts(scale.counts)};
  if (rollback) return {kind: 'rollback', ...(rollback.to !== 0 && {to: safe(rollback.to, 'to')})};
  if (destroy) return {kind: 'destroy', volumes: destroy.volumes};
  throw missing('change');
}

export function replicaCounts(counts: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const entries = Object.entries(counts);
  if (entries.length === 0) throw invalidRequest([{code: 'missing', detail: 'must name a service', path: ['counts']}]);
  serviceNames(Object.keys(counts), 'counts');
  for (const [service, count] of entries) {
    if (count < 0 || count > MOST_REPLICAS) throw wrong(['counts', service], `must be between 0 and ${MOST_REPLICAS}`);
  }
  return counts;
}

export function healingOf(text: string): (typeof HEALING)[number] {
  const healing = HEALING.find(each => each === text);
  if (healing === undefined) throw wrong(['healing'], 'must be on or paused');
  return healing;
}

/** Names of services, or of replicas (`web/2`). */
export function serviceNames(names: readonly string[], field: string): readonly string[] {
  if (names.length > 200) throw wrong([field], 'must have at most 200 entries');
  const long = names.findIndex(name => name === '' || name.length > 80);
  if (long >= 0) throw wrong([field, long], 'is not the name of a service');
  return names;
}

/** RFC 3339; undefined when empty. */
export function timeText(text: string, field: string): string | undefined {
  if (text === '') return undefined;
  const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
  if (!form.test(text) || Number.isNaN(Date.parse(text))) throw wrong([field], 'is not a time (RFC 3339)');
  return text;
}

/** A number of 64 bits that a double holds, too; not negative. */
export function safe(number: number, field: string): number {
  if (!Number.isSafeInteger(number) || number < 0) throw wrong([field], 'is not a number that there can be');
  return number;
}
