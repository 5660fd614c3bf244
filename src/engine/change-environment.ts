import {type Fleet, withFleet} from './fleet.ts';
import type {FencedHost} from './runtime/fenced-host.ts';
import {raiseFence} from './runtime/raise-fence.ts';
import type {Session} from './session.ts';
import {Bug, OutsideError} from './spec/errors.ts';
import type {HostName} from './spec/stack.ts';
import {leaseLost} from './state/lease-errors.ts';
import type {Lease, LeaseHolder} from './state/store.ts';

export interface LeaseOptions {
  readonly maxUnreachable: number;
  readonly lockWaitMs: number;
  readonly onWait: (holder: LeaseHolder, place: number) => void;
  /** Told what an earlier holder's command, gone or refused by now, still does on a host: its end is waited for. */
  readonly onHostBusy: (host: HostName, doing: readonly string[]) => void;
  readonly signal: AbortSignal;
}

/** The hosts, and the right to change them, which ends with the lease. */
export interface ChangingFleet extends Fleet {
  changing(host: HostName): FencedHost;
}

/** What a change works with: the lease, the hosts, and a signal that also fires when the lease is lost. */
export interface Change {
  readonly lease: Lease;
  readonly fleet: ChangingFleet;
  readonly signal: AbortSignal;
}

/**
 * Lets `change` work on an environment under its lease, with connections to all hosts, each of which refuses every
 * earlier holder from then on. The lease is given back at any end. Errors, of exit 4: UserError `lock-held`, `served`, OutsideError
 * `lease-lost`, `fenced`, `fence-busy`; and `host-unreachable` without `maxUnreachable`. A host that is left out keeps
 * the number it has: an earlier holder that still reached it would be stopped by its lost lease alone.
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
  const refused = new AbortController();
  const stop = AbortSignal.any([lease.lost, refused.signal]);
  const signal = AbortSignal.any([options.signal, stop]);
  const fence = {
    scope: `${session.project.name}.${session.environment}`,
    number: lease.holder.fence,
    holder: lease.holder.id,
    ...(session.server && {server: session.server}),
  };
  const hosts = new Map<HostName, FencedHost>();
  try {
    const result = await withFleet(
      session.hosts,
      {
        maxUnreachable: options.maxUnreachable,
        signal,
        ssh: session.ssh,
        async beforeLooking(connection) {
          const onBusy = (doing: readonly string[]) => options.onHostBusy(connection.host, doing);
          const onFenced = (error: unknown) => refused.abort(error);
          hosts.set(connection.host, await raiseFence(connection, fence, {stop, signal, onBusy, onFenced}));
        },
      },
      fleet => change({lease, fleet: changing(fleet, hosts, stop), signal}),
    );
    refused.signal.throwIfAborted();
    await lease.release();
    return result;
  } catch (error) {
    const reason = refused.signal.aborted ? refused.signal.reason : error;
    const why = await told(session, lease, reason).catch(() => reason);
    // That a full disk also keeps the lease from being given back (it expires) must not hide what happened.
    await lease.release().catch(() => undefined);
    throw why;
  }
}

const changing = (fleet: Fleet, hosts: ReadonlyMap<HostName, FencedHost>, stop: AbortSignal): ChangingFleet => ({
  ...fleet,
  // Who has lost the lease has no say any more in what the state shall be.
  observe: async () => {
    stop.throwIfAborted();
    return fleet.observe();
  },
  changing(host) {
    const found = hosts.get(host);
    if (!found) throw new Bug(`no right to change ${host}`);
    return found;
  },
});

/** A host may refuse before the loss of the lease is noticed here. */
async function told({store, environment}: Session, lease: Lease, error: unknown): Promise<unknown> {
  if (lease.lost.aborted) return leaseLost(environment, error);
  if (!(error instanceof OutsideError && error.code === 'fenced')) return error;
  const holder = await store.holder(environment);
  return holder?.id === lease.holder.id ? error : leaseLost(environment, error);
}
