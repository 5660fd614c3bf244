import {randomUUID} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import type {EnvironmentName} from '../spec/stack.ts';
import {type HeldLease, keepLease} from './keep-lease.ts';
import type {LeaseBoard} from './lease-board.ts';
import {leaseHeld} from './lease-errors.ts';
import {ask, type Holding, leaveQueue, toHolder} from './lease-record.ts';
import type {LeaseTimes} from './lease-times.ts';
import {hasEnded, ownerName, thisProcess} from './process-identity.ts';
import type {AcquireOptions} from './store.ts';

/** What one asks with. */
export interface LeaseRequest extends AcquireOptions {
  readonly environment: EnvironmentName;
  readonly reason: string;
  /** Highest fence that the lock file knows of. */
  readonly fenceAbove: number;
}

/** On a machine that is very busy, one who waits may be late to ask again. */
const SHORTEST_TICKET_MS = 2_000;

/** Waits its turn, first come first served. Errors: UserError `lock-held`, exit 4. */
export async function acquireLease(board: LeaseBoard, request: LeaseRequest, times: LeaseTimes): Promise<HeldLease> {
  const id = randomUUID();
  const {environment, signal} = request;
  const deadline = performance.now() + request.waitMs;
  const tell = teller(request.onWait);
  for (;;) {
    const askedAt = performance.now();
    const attempt = await askOnce(board, request, id, times);
    if (attempt.taken) return keepLease(board, {environment, holding: attempt.holding, askedAt}, times);
    const left = deadline - performance.now();
    if (left <= 0 || signal?.aborted) {
      if (request.waitMs > 0) await leave(board, environment, id);
      signal?.throwIfAborted();
      throw leaseHeld(environment, attempt.behind && toHolder(attempt.behind));
    }
    if (attempt.behind) tell(attempt.behind, attempt.place);
    // Ctrl-C ends the sleep; the queue is left above.
    await sleep(Math.min(times.pollMs, left), undefined, {signal}).catch(() => undefined);
  }
}

function askOnce(board: LeaseBoard, request: LeaseRequest, id: string, times: LeaseTimes) {
  const ticketMs = Math.max(times.ttlMs / 3, times.pollMs * 5, SHORTEST_TICKET_MS);
  const mine = {id, owner: ownerName(), reason: request.reason, process: thisProcess()};
  return board.transact(request.environment, (record, now) => {
    const wanted = {...mine, since: now, expires: now + times.ttlMs};
    const attempt = ask(record, wanted, {now, ticketMs, fenceAbove: request.fenceAbove}, hasEnded);
    // Who does not wait needs no place in the queue.
    const keeps = attempt.record !== record && (attempt.taken || request.waitMs > 0);
    return {record: keeps ? attempt.record : undefined, durable: attempt.taken, result: attempt};
  });
}

const leave = (board: LeaseBoard, environment: EnvironmentName, id: string) =>
  board.transact(environment, record => ({record: leaveQueue(record, id), result: undefined}));

/** Tells of a holder when there is something new to tell. */
function teller(onWait: AcquireOptions['onWait']) {
  let told: string | undefined;
  return (behind: Holding, place: number) => {
    const news = JSON.stringify([behind.id, behind.progress, place]);
    if (news === told) return;
    told = news;
    onWait?.(toHolder(behind), place);
  };
}
