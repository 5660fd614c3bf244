import {UserError} from '../../spec/errors.ts';
import type {CustomerRow, Store} from '../store/store.ts';
import {type AccessRules, defaultAccessRules, withTierLimits} from './access-rules.ts';

const COUNTED_MS = 1000;

/**
 * How many workloads of a customer may wait. Counted in the store once a second, and what was admitted since is added:
 * through several coordinators a customer may get ahead of its limit by what the others admitted within that second.
 */
export class PendingQuota {
  readonly #store: Store;
  readonly #clock: () => number;
  readonly #rules: () => Pick<AccessRules, 'tierLimits'>;
  readonly #counted = new Map<string, {count: number; readonly until: number}>();

  /** `clock` tells milliseconds that never go back. */
  constructor(
    store: Store,
    clock: () => number,
    rules: () => Pick<AccessRules, 'tierLimits'> = () => defaultAccessRules,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#rules = rules;
  }

  /** Errors: UserError `quota-pending` when so many more would be too many. */
  async admit(customer: CustomerRow, more: number): Promise<void> {
    const limit = withTierLimits(customer, this.#rules().tierLimits).limits.pending;
    if (limit === undefined) return;
    const counted = await this.#count(customer.id);
    if (counted.count + more > limit) {
      throw new UserError({
        code: 'quota-pending',
        message: `${counted.count} workloads of ${customer.id} wait, at most ${limit} may`,
        hint: 'Wait until some have started, or cancel some.',
      });
    }
    counted.count += more;
  }

  /** Counts again when the count is old. */
  async #count(id: string): Promise<{count: number}> {
    const known = this.#counted.get(id);
    if (known && known.until > this.#clock()) return known;
    const counts = await this.#store.counts({customer: id});
    const counted = {count: counts.PENDING + counts.RETRYING, until: this.#clock() + COUNTED_MS};
    this.#counted.set(id, counted);
    return counted;
  }
}
