import type {Identity} from './identity.ts';
import type {Rate} from './token-bucket.ts';

/** Requests of customers whose limits say nothing themselves, by tier; a tier that is not here counts as `standard`. */
export const tierRates: Readonly<Record<string, Rate>> = {
  free: {perSecond: 10, burst: 50},
  standard: {perSecond: 100, burst: 500},
  premium: {perSecond: 1000, burst: 5000},
};

const standard: Rate = {perSecond: 100, burst: 500};

export interface RateLimit {
  /** What is counted together: all keys of a customer. */
  readonly bucket: string;
  /** For answers: where the limit comes from. */
  readonly policy: string;
  readonly rate: Rate;
}

/** How many requests it may make; undefined: as many as it likes (keys of the whole coordinator). */
export function rateLimitOf({customer}: Identity, tiers = tierRates): RateLimit | undefined {
  if (customer === undefined) return undefined;
  if (customer.limits.rate) return {bucket: customer.id, policy: 'customer', rate: customer.limits.rate};
  const tier = Object.hasOwn(tiers, customer.tier) ? customer.tier : 'standard';
  return {bucket: customer.id, policy: `tier-${tier}`, rate: tiers[tier] ?? standard};
}
