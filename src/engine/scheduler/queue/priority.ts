import type {Account} from './accounts.ts';
import {coresCounted} from './amounts.ts';
import type {Points} from './decision.ts';
import type {CustomerId, QueuedWorkload} from './request.ts';
import type {QueueSettings, Tier} from './settings.ts';
import {decayed, runningUsage} from './usage.ts';

/** Points that no sum of the others reaches: of those that have waited longer than anybody should. */
const overduePoints = 1e9;

export function tierOf(name: string, {tiers}: QueueSettings): Tier {
  const known = Object.hasOwn(tiers, name) ? tiers[name] : undefined;
  const lowest = Object.values(tiers).sort((a, b) => a.points - b.points || a.share - b.share)[0];
  return known ?? lowest ?? {points: 0, share: 1};
}

/** Tier and priority: what preemption goes by, and time does not change. */
export const rankOf = (priority: number, tier: Tier): number => tier.points + priority;

/** All but fair share, which is the customer's and the same for everything of it. */
export function ownPoints(
  workload: QueuedWorkload,
  tier: Tier,
  {aging}: QueueSettings,
  now: number,
): Omit<Points, 'fairShare'> {
  const waited = Math.max(0, now - workload.acceptedAt);
  const age = aging.points * Math.min(1, waited / aging.fullAfterMs);
  const overdue = waited >= aging.longestMs;
  const total = overdue ? overduePoints : tier.points + workload.priority + age;
  return {total, tier: tier.points, priority: workload.priority, age, overdue};
}

/** Overdue ones go by acceptance alone. */
export const totalPoints = (own: Pick<Points, 'total' | 'overdue'>, fairShare: number): number =>
  own.overdue ? own.total : own.total + fairShare;

/**
 * Fair share of one round, after Slurm's classic formula (multifactor priority plugin): 2^(-U/S), where U is the
 * customer's part of all that was used lately and S its part of all shares. Only customers that have something waiting
 * or running count. What a round starts counts at once, so that one customer does not fill empty hosts alone.
 */
export class FairShare {
  readonly #used = new Map<CustomerId, number>();
  readonly #shares = new Map<CustomerId, number>();
  readonly #settings: QueueSettings;
  readonly #allUsed: number;
  readonly #allShares: number;

  /** `cores`: of all workers; less use than theirs in `leastMs` is not held against anybody in full. */
  constructor(active: readonly Account[], cores: number, settings: QueueSettings, now: number) {
    this.#settings = settings;
    const {halfLifeMs, leastMs} = settings.fairShare;
    for (const account of [...active].sort(byId)) {
      const {view} = account;
      this.#used.set(
        view.id,
        thousandths(decayed(view, now, halfLifeMs)) + thousandths(account.usedSoFar(now, leastMs)),
      );
      this.#shares.set(view.id, view.share ?? tierOf(view.tier, settings).share);
    }
    this.#allUsed = Math.max(sum(this.#used), thousandths((cores * leastMs) / 1000), 1);
    this.#allShares = sum(this.#shares);
  }

  points(customer: CustomerId): number {
    const share = (this.#shares.get(customer) ?? 0) / this.#allShares;
    const used = (this.#used.get(customer) ?? 0) / this.#allUsed;
    const {points} = this.#settings.fairShare;
    if (used === 0) return points;
    return share > 0 ? points * 2 ** (-used / share) : 0;
  }

  /** An attempt of the customer starts now. */
  started(customer: CustomerId, {shape}: Pick<QueuedWorkload, 'shape'>): void {
    const {halfLifeMs, leastMs} = this.#settings.fairShare;
    const used = thousandths(runningUsage(coresCounted(shape.resources), leastMs, halfLifeMs));
    this.#used.set(customer, (this.#used.get(customer) ?? 0) + used);
  }
}

const byId = (a: Account, b: Account): number => (a.view.id < b.view.id ? -1 : 1);

/** Whole numbers, whose sum is the same in any order. */
const thousandths = (value: number): number => Math.round(value * 1000);

const sum = (values: ReadonlyMap<string, number>): number => [...values.values()].reduce((all, each) => all + each, 0);
