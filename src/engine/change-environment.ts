import {type Fleet, withFleet} from './fleet.ts';
import type {Session} from './session.ts';
import {leaseLost} from './state/lease-errors.ts';
import type {Lease, LeaseHolder} from './state/store.ts';

export interface LeaseOptions {
  readonly allowUnreachable: boolean;
  readonly lockWaitMs: number;
  readonly onWait: (holder: LeaseHolder) => void;
  readonly signal: AbortSignal;
}

/** What a change works with: the lease, the hosts, and a signal that also fires when the lease is lost. */
export interface Change {
  readonly lease: Lease;
  readonly fleet: Fleet;
  readonly signal: AbortSignal;
}

/**
 * Lets `change` work on an environment under its lease, with connections to all hosts. The lease is given back at any
 * end. Errors: UserError `lock-held` (exit 4), OutsideError `lease-lost` (exit 4), `host-unreachable` without `allowUnreachable`.
 */
export async function changeEnvironment<T>(
  session: Session,
  reason: string,
  options: LeaseOptions,
  change: (change: Change) => Promise<T>,
): Promise<T> {
  const lease = await session.store.acquire(session.environment, reason, {
    waitMs: options.lockWaitMs,
    onWait: options.onWait,
    signal: options.signal,
  });
  const signal = AbortSignal.any([options.signal, lease.lost]);
  try {
    return await withFleet(
      session.hosts,
      {allowUnreachable: options.allowUnreachable, signal, ssh: session.ssh},
      fleet => change({lease, fleet, signal}),
    );
  } catch (error) {
    if (lease.lost.aborted) throw leaseLost(session.environment, error);
    throw error;
  } finally {
    await lease.release();
  }
}
