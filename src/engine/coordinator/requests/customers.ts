import {DEFAULT_CUSTOMER, notFound, Refusal} from '../access/index.ts';
import type {Actor, Customer, CustomerRow} from '../store/store.ts';
import type {Reception} from './reception.ts';

type Parts = Pick<Reception, 'coordinator' | 'door'>;

/** Errors: Refusal 404. */
export async function findCustomer({coordinator}: Parts, id: string): Promise<CustomerRow> {
  const row = (await coordinator.store.customers()).find(each => each.id === id);
  if (row === undefined) throw notFound('customer');
  return row;
}

/** Makes a customer, or changes all of it; its keys are looked at anew. */
export async function putCustomer(parts: Parts, customer: Customer, actor: Actor): Promise<CustomerRow> {
  await parts.coordinator.store.putCustomer(customer, actor);
  parts.door.forget();
  return findCustomer(parts, customer.id);
}

/** Errors: Refusal 404, 409 for the one that is always there; UserError `not-possible` while it has something. */
export async function removeCustomer({coordinator, door}: Parts, id: string, actor: Actor): Promise<void> {
  if (id === DEFAULT_CUSTOMER) throw alwaysThere();
  const there = await coordinator.store.removeCustomer(id, actor);
  door.forget();
  if (!there) throw notFound('customer');
}

const alwaysThere = (): Refusal =>
  new Refusal({status: 409, code: 'not-possible', detail: 'this customer is always there: what names nobody is its'});
