import {type Exact, exact, kinds} from './amounts.ts';
import type {CustomerId, CustomerView, RunningAttempt, WorkloadId} from './request.ts';

/** A customer with what it has running. */
export class Account {
  view: CustomerView;
  readonly attempts = new Map<WorkloadId, RunningAttempt>();
  /** What these reserve, in all. */
  readonly taken: Record<keyof Exact, number> = {cpu: 0, memory: 0, gpu: 0, disk: 0};
  /** How many of them run by concurrency key. */
  readonly keys = new Map<string, number>();

  constructor(view: CustomerView) {
    this.view = view;
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

  #count({shape, concurrency}: RunningAttempt, sign: 1 | -1): void {
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

  of(id: CustomerId): Account {
    const account = this.#accounts.get(id) ?? new Account(stranger(id));
    this.#accounts.set(id, account);
    return account;
  }

  set(view: CustomerView): void {
    this.of(view.id).view = view;
  }

  all(): Iterable<Account> {
    return this.#accounts.values();
  }
}
