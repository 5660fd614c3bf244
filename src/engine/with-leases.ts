import type {Session} from './session.ts';
import type {EnvironmentName} from './spec/stack.ts';
import {leaseLost} from './state/lease-errors.ts';
import type {Lease, LeaseHolder} from './state/store.ts';

interface Waiting {
  readonly lockWaitMs: number;
  readonly onWait: (holder: LeaseHolder, place: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Does something under the leases of several environments, taken in the order given: whoever takes several takes them in
 * the same order, sorted. They are given back at any end. Errors: UserError `lock-held`, OutsideError `lease-lost`, both
 * of exit 4.
 */
export async function withLeases<T>(
  {store}: Pick<Session, 'store'>,
  reason: string,
  environments: readonly EnvironmentName[],
  {lockWaitMs, onWait, signal}: Waiting,
  use: (leases: ReadonlyMap<EnvironmentName, Lease>) => Promise<T>,
): Promise<T> {
  const leases = new Map<EnvironmentName, Lease>();
  try {
    for (const environment of environments) {
      leases.set(environment, await store.acquire(environment, reason, {waitMs: lockWaitMs, onWait, signal}));
    }
    return await use(leases);
  } catch (error) {
    const [lost] = [...leases].find(([, lease]) => lease.lost.aborted) ?? [];
    throw lost === undefined ? error : leaseLost(lost, error);
  } finally {
    // That a full disk keeps a lease from being given back (it expires) must not hide what happened.
    await Promise.allSettled([...leases.values()].map(lease => lease.release()));
  }
}
