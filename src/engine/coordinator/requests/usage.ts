import type {CustomerRow, Scope, Store} from '../store/store.ts';

export interface UsageOfCustomer {
  readonly customer: string;
  readonly tier: string;
  /** How many are in each state now. */
  readonly workloads: Awaited<ReturnType<Store['counts']>>;
  /** Of which half are forgotten every half-life. */
  readonly coreSeconds: number;
  /** Milliseconds since 1970. */
  readonly asOf: number;
}

/** What the customers of a scope have and use. */
export async function usageOf(store: Store, scope: Scope): Promise<readonly UsageOfCustomer[]> {
  const customers = (await store.customers()).filter(({id}) => scope === 'everyone' || scope.customer === id);
  const items: UsageOfCustomer[] = [];
  for (const customer of customers) items.push(await ofOne(store, customer));
  return items;
}

async function ofOne(store: Store, {id, tier, used, usedAt}: CustomerRow): Promise<UsageOfCustomer> {
  const workloads = await store.counts({customer: id});
  return {customer: id, tier, workloads, coreSeconds: used, asOf: usedAt};
}
