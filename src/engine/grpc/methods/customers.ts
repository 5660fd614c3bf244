import {createKey, notFound, rotateKey} from '../../coordinator/access/index.ts';
import {findCustomer, putCustomer, removeCustomer} from '../../coordinator/requests/customers.ts';
import type {Reception} from '../../coordinator/requests/reception.ts';
import type {Methods} from '../calls/caller.ts';
import {customerOf, keyOf} from '../wire/customer.ts';
import {customerWish, keyWish, overlapMs} from '../wire/read-customer.ts';
import {customer, neededCustomer, neededWord} from '../wire/read-fields.ts';

type Names =
  | 'ListCustomers'
  | 'GetCustomer'
  | 'PutCustomer'
  | 'RemoveCustomer'
  | 'ListKeys'
  | 'CreateKey'
  | 'RotateKey'
  | 'RevokeKey';

/** For admins: tenants of the coordinator and their keys. */
export function customerMethods(reception: Reception): Pick<Methods, Names> {
  const {door} = reception;
  const {store} = reception.coordinator;
  return {
    async ListCustomers() {
      return {customers: (await store.customers()).map(customerOf)};
    },
    async GetCustomer({id}) {
      return customerOf(await findCustomer(reception, neededCustomer(id)));
    },
    async PutCustomer(request, {actor}) {
      return customerOf(await putCustomer(reception, customerWish(request), actor));
    },
    async RemoveCustomer({id}, {actor}) {
      await removeCustomer(reception, neededCustomer(id), actor);
      return {};
    },
    async ListKeys(request) {
      const of = customer(request.customer);
      return {keys: (await store.keys(of === undefined ? 'everyone' : {customer: of})).map(keyOf)};
    },
    async CreateKey(request, {actor}) {
      const {key, text} = await createKey(store, keyWish(request), actor);
      return {info: keyOf(key), key: text};
    },
    async RotateKey(request, {actor}) {
      const rotated = await rotateKey(store, neededWord(request.id, 'id'), overlapMs(request), actor);
      door.forget();
      if (rotated === undefined) throw notFound('key');
      return {info: keyOf(rotated.key), key: rotated.text};
    },
    async RevokeKey({id}, {actor}) {
      const there = await store.revokeKey('everyone', neededWord(id, 'id'), actor);
      door.forget();
      if (!there) throw notFound('key');
      return {};
    },
  };
}
