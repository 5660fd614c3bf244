import type {Customer, CustomerLimits} from '../store/store.ts';
import type {ClientGrants} from './client-certificates.ts';
import {tierRates} from './rates.ts';
import type {Rate} from './token-bucket.ts';
import type {TokenVerifier} from './tokens/token-verifier.ts';

/** What people set of who may come in, and how much of it; may change while it runs. */
export interface AccessRules {
  /** Requests of customers, by tier. */
  readonly tierRates: Readonly<Record<string, Rate>>;
  /** Of customers whose own limits say nothing, by tier. */
  readonly tierLimits: TierLimits;
  /** Of an OpenID Connect issuer; absent: tokens open nothing. */
  readonly tokens?: TokenVerifier;
  /** How people get such tokens, for `niyanta login`. */
  readonly login?: LoginOffer;
  /** By the name in a certificate of a client. */
  readonly clients: ClientGrants;
}

/** What a client needs to let a person log in at the issuer (RFC 8628). */
export interface LoginOffer {
  readonly issuer: string;
  /** Id of a public client there. */
  readonly clientId: string;
  readonly scope: string;
  /** Which token is taken here. */
  readonly accepts: 'access' | 'id';
  /** Further parameters of requests. */
  readonly parameters: Readonly<Record<string, string>>;
}

export type TierLimits = Readonly<Record<string, CustomerLimits>>;

export const defaultAccessRules: AccessRules = {tierRates, tierLimits: {}, clients: {}};

/** A customer with the limits that hold: its own, else those of its tier. */
export const withTierLimits = <T extends Pick<Customer, 'tier' | 'limits'>>(customer: T, tiers: TierLimits): T =>
  Object.hasOwn(tiers, customer.tier) ? {...customer, limits: {...tiers[customer.tier], ...customer.limits}} : customer;
