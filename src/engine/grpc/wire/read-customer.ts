import type {KeyWish} from '../../coordinator/access/index.ts';
import type {Customer} from '../../coordinator/store/store.ts';
import type {CreateKeyRequest, CustomerLimits, PutCustomerRequest, RotateKeyRequest} from '../messages.d.ts';
import {customer, missing, neededCustomer, wrong} from './read-fields.ts';
import {timeOf} from './well-known.ts';

/** Fields of requests about customers and keys, as the REST API takes them. Errors of all: Refusal 400 with the field. */

const ROLES = ['admin', 'operator', 'customer', 'viewer'] as const;
const DAY = 86_400_000;

export function customerWish({id, name, tier, limits, suspended}: PutCustomerRequest): Customer {
  if (name === '') throw missing('name');
  if (name.length > 200) throw wrong(['name'], 'must have at most 200 characters');
  if (tier !== '' && !/^[a-z][a-z0-9-]{0,31}$/.test(tier)) throw wrong(['tier'], 'is not the name of a tier');
  return {
    id: neededCustomer(id),
    name,
    tier: tier || 'standard',
    limits: limits ? limitsOf(limits) : {},
    suspended,
  };
}

function limitsOf({rate, ...amounts}: CustomerLimits): Customer['limits'] {
  const given = Object.entries(amounts).filter(([, amount]) => amount !== undefined && amount !== null);
  for (const [name, amount] of given) {
    const good = Number.isFinite(amount) && amount >= 0 && amount <= Number.MAX_SAFE_INTEGER;
    if (!good) throw wrong(['limits', name], 'is not an amount');
  }
  return {...Object.fromEntries(given), ...(rate && {rate: rateOf(rate)})};
}

function rateOf({perSecond, burst}: {readonly perSecond: number; readonly burst: number}) {
  const within = (value: number, least: number) => value >= least && value <= 1_000_000;
  if (!within(perSecond, 0.01)) throw wrong(['limits', 'rate', 'per_second'], 'must be between 0.01 and 1,000,000');
  if (!within(burst, 1)) throw wrong(['limits', 'rate', 'burst'], 'must be between 1 and 1,000,000');
  return {perSecond, burst};
}

export function keyWish(request: CreateKeyRequest): KeyWish {
  const {scopes, note, expiresAt} = request;
  const role = ROLES.find(each => each === request.role);
  if (role === undefined) throw wrong(['role'], `must be ${ROLES.join(', ')}`);
  if (scopes.length > 50) throw wrong(['scopes'], 'must have at most 50 entries');
  if (note.length > 200) throw wrong(['note'], 'must have at most 200 characters');
  const of = customer(request.customer);
  return {
    role,
    ...(of !== undefined && {customer: of}),
    ...(scopes.length > 0 && {scopes}),
    ...(note !== '' && {note}),
    ...(expiresAt && {expiresAt: timeOf(expiresAt, ['expires_at'])}),
  };
}

/** Milliseconds. */
export function overlapMs({overlapMs: given = DAY}: RotateKeyRequest): number {
  if (given < 0 || given > 90 * DAY) throw wrong(['overlap_ms'], 'must be between 0 and 90 days');
  return given;
}
