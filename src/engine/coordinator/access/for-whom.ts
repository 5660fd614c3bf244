import type {CustomerRow, Scope} from '../store/store.ts';
import type {Door} from './door.ts';
import {DEFAULT_CUSTOMER} from './first-start.ts';
import {type Identity, scopeOf} from './identity.ts';
import {notFound, Refusal} from './refusal.ts';

/** Whose rows an answer is made of: the key's, or of the one that a key of the whole coordinator names. Errors: Refusal 404. */
export function scopeAsked(who: Identity, customer: string | undefined): Scope {
  const scope = scopeOf(who);
  if (customer === undefined) return scope;
  if (scope !== 'everyone' && scope.customer !== customer) throw notFound('customer');
  return {customer};
}

/** Whose a new thing is; `default` where a key of the whole coordinator names nobody. Errors: Refusal 404, 403. */
export async function ownerAsked(
  who: Identity,
  customer: string | undefined,
  {door}: {readonly door: Door},
): Promise<CustomerRow> {
  const own = who.customer;
  if (own && (customer === undefined || customer === own.id)) return own;
  if (own) throw notFound('customer');
  const row = await door.customer(customer ?? DEFAULT_CUSTOMER);
  if (row === undefined) throw notFound('customer');
  if (row.suspended) {
    throw new Refusal({status: 403, code: 'suspended-customer', detail: `the customer ${row.id} is suspended`});
  }
  return row;
}
