import {type Exact, exact, kinds} from './amounts.ts';
import {type Beginning, beginningAt, LiveUsage} from './live-usage.ts';
import type {CustomerId, CustomerView, RunningAttempt, WorkloadId} from './request.ts';

/** A customer with what it has running. */
export class Account {
  view: CustomerView;
  readonly attempts = new Map<WorkloadId, RunningAttempt>();
  /** What these reserve, in all. */
  readonly taken: Record<keyof Exact, number> = {cpu: 0, memory: 0, gpu: 0, disk: 0};
  /** How many of them run by concurrency key. */
  readonly keys = new Map<string, number>();
  #usage: LiveUsage;

  constructor(view: CustomerView, beginning: Beginning) {
    this.view = view;
    this.#usage = new LiveUsage(beginning);
  }

  /** Core-seconds that its attempts have used so far, as if each had begun `earlierMs` before it did. */
  usedSoFar(now: number, earlierMs: number): number {
    return this.#usage.by(now, earlierMs);
  }

  /** Counts use from another beginning. */
  beginAt(beginning: Beginning): void {
    this.#usage = new LiveUsage(beginning);
    for (const attempt of this.attempts.values()) this.#usage.add(attempt, 1);
  }

  add(attempt: RunningAttempt): void {
    this.attempts.set(attempt.id, attempt);
    this.#count(attempt, 1);
  }

  remove(attempt: RunningAttempt): void {
    this.attempts.delete(attempt.id);
    this.#count(attempt, -1);
  }

  runningWith(key: string): number {
    return this.keys.get(key) ?? 0;
  }

  #count(attempt: RunningAttempt, sign: 1 | -1): void {
    this.#usage.add(attempt, sign);
    const {shape, concurrency} = attempt;
    const need = exact(shape.resources);
    for (const kind of kinds) this.taken[kind] += sign * need[kind];
    if (!concurrency) return;
    const running = this.runningWith(concurrency.key) + sign;
    if (running === 0) this.keys.delete(concurrency.key);
    else this.keys.set(concurrency.key, running);
  }
}

/** A customer that nobody told of has no limits, and the lowest tier. */
const stranger = (id: CustomerId): CustomerView => ({id, tier: '', limits: {}, used: 0, usedAt: 0});

export class Accounts {
  readonly #accounts = new Map<CustomerId, Account>();
  #beginning: Beginning = {at: 0, halfLifeMs: 1};

  of(id: CustomerId): Account {
    const account = this.#accounts.get(id) ?? new Account(stranger(id), this.#beginning);
    this.#accounts.set(id, account);
    return account;
  }

  set(view: CustomerView): void {
    this.of(view.id).view = view;
  }

  /** Before use is asked for: `now` and the half-life say from when it is counted. */
  beginRound(now: number, halfLifeMs: number): void {
    const beginning = beginningAt(now, halfLifeMs);
    if (beginning.at === this.#beginning.at && halfLifeMs === this.#beginning.halfLifeMs) return;
    this.#beginning = beginning;
    for (const account of this.all()) account.beginAt(beginning);
  }

  all(): Iterable<Account> {
    return this.#accounts.values();
  }
}
