import type {Actor, Store} from '../store/store.ts';
import {createKey} from './create-key.ts';

/** Whose workloads are those that a key of the whole coordinator submits without saying for whom. */
export const DEFAULT_CUSTOMER = 'default';

/**
 * The customer `default` and an admin key, for a store that has no key yet. Returns the key, to be shown once;
 * undefined when there are keys already. Two coordinators that start at once on one new database may make one each.
 */
export async function prepareAccess(store: Store, actor: Actor): Promise<string | undefined> {
  if (!(await store.customers()).some(({id}) => id === DEFAULT_CUSTOMER)) {
    const customer = {id: DEFAULT_CUSTOMER, name: 'Default', tier: 'standard', limits: {}, suspended: false};
    await store.putCustomer(customer, actor);
  }
  if ((await store.keys('everyone')).length > 0) return undefined;
  const {text} = await createKey(store, {role: 'admin', note: 'made at the first start'}, actor);
  return text;
}
