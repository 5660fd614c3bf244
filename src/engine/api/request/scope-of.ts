import type {FastifyRequest} from 'fastify';
import {DEFAULT_CUSTOMER, scopeOf} from '../../coordinator/access/index.ts';
import type {CustomerRow, Scope} from '../../coordinator/store/store.ts';
import type {ApiParts} from '../api-parts.ts';
import {notFound, Refusal} from '../problems/refusal.ts';
import {whoOf} from './gate.ts';

/** Whose rows an answer is made of: the key's, or of the one that a key of the whole coordinator names. */
export function scopeAsked(request: FastifyRequest, customer: string | undefined): Scope {
  const scope = scopeOf(whoOf(request));
  if (customer === undefined) return scope;
  if (scope !== 'everyone' && scope.customer !== customer) throw notFound('customer');
  return {customer};
}

/** Whose a new thing is; `default` where a key of the whole coordinator names nobody. Errors: Refusal 404, 403. */
export async function ownerAsked(
  request: FastifyRequest,
  customer: string | undefined,
  {door}: Pick<ApiParts, 'door'>,
): Promise<CustomerRow> {
  const own = whoOf(request).customer;
  if (own && (customer === undefined || customer === own.id)) return own;
  if (own) throw notFound('customer');
  const row = await door.customer(customer ?? DEFAULT_CUSTOMER);
  if (row === undefined) throw notFound('customer');
  if (row.suspended) {
    throw new Refusal({status: 403, code: 'suspended-customer', detail: `the customer ${row.id} is suspended`});
  }
  return row;
}
