import type {EnvironmentName} from '../spec/stack.ts';
import type {LeaseBoard} from './lease-board.ts';
import {leaseLost} from './lease-errors.ts';
import {type Holding, renewed, toHolder, vacated} from './lease-record.ts';
import type {LeaseTimes} from './lease-times.ts';
import type {Lease, Progress} from './store.ts';

/** A lease as its store keeps it. */
export interface HeldLease extends Lease {
  readonly environment: EnvironmentName;
  /** Another has it: told by a write that was refused. */
  lose(): void;
}

/** What was taken, and when it was asked for: milliseconds of `performance.now()`. */
export interface Taken {
  readonly environment: EnvironmentName;
  readonly holding: Holding;
  readonly askedAt: number;
}

/**
 * Renews a lease until it is given back or lost. Its time counts from before a request was sent, by this machine's
 * monotonic clock: it is never longer than the store's.
 */
export function keepLease(board: LeaseBoard, {environment, holding, askedAt}: Taken, times: LeaseTimes): HeldLease {
  const lost = new AbortController();
  const released = new AbortController();
  let holder = toHolder(holding);
  let reported: Progress | undefined;
  let confirmed = askedAt;
  let timer: NodeJS.Timeout | undefined;

  const over = () => released.signal.aborted || lost.signal.aborted;
  const lose = (cause?: unknown) => {
    clearTimeout(timer);
    if (!over()) lost.abort(leaseLost(environment, cause));
  };
  const schedule = (ms: number) => {
    if (over()) return;
    timer = setTimeout(renew, ms);
    timer.unref();
  };
  const renew = async () => {
    const startedAt = performance.now();
    // A store that does not answer must not hide that time is up; one that slept through it may find it still its own.
    const patience = AbortSignal.timeout(Math.ceil(Math.max(times.renewMs, confirmed + times.ttlMs - startedAt)));
    try {
      const mine = await renewOnce(board, environment, {
        id: holding.id,
        ttlMs: times.ttlMs,
        progress: reported,
        signal: AbortSignal.any([patience, released.signal]),
      });
      if (mine === undefined) return lose();
      holder = toHolder(mine);
      confirmed = startedAt;
      schedule(times.renewMs);
    } catch (error) {
      // A disk that is full or a connection that is gone for a moment is no reason to stop while the lease still counts.
      if (performance.now() >= confirmed + times.ttlMs) return lose(error);
      schedule(times.renewMs / 4);
    }
  };
  schedule(times.renewMs);

  return {
    environment,
    get holder() {
      return holder;
    },
    lost: lost.signal,
    report(progress) {
      reported = progress;
    },
    lose,
    async release() {
      if (released.signal.aborted) return;
      released.abort();
      clearTimeout(timer);
      await giveBack(board, environment, holding.id);
    },
  };
}

interface RenewalRequest {
  readonly id: string;
  readonly ttlMs: number;
  readonly progress?: Progress;
  readonly signal: AbortSignal;
}

/** The holding as it is now; undefined when another has it. */
function renewOnce(board: LeaseBoard, environment: EnvironmentName, {id, ttlMs, progress, signal}: RenewalRequest) {
  const renewal = board.transact(
    environment,
    (record, now) => {
      const told = progress && {...progress, at: now};
      const next = renewed(record, {id, expires: now + ttlMs, progress: told});
      return {record: next, result: next?.holding};
    },
    {signal},
  );
  const over = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), {once: true});
  });
  return Promise.race([renewal, over]);
}

const giveBack = (board: LeaseBoard, environment: EnvironmentName, id: string) =>
  board.transact(environment, record => ({
    record: record.holding?.id === id ? vacated(record) : undefined,
    result: undefined,
  }));
