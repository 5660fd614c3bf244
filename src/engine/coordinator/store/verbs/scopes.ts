import type {CustomerId, Scope} from '../store.ts';

export const inScope = (scope: Scope, customer: CustomerId | undefined): boolean =>
  scope === 'everyone' || scope.customer === customer;

/** What a query is narrowed to: all of them with `everyone`. */
export const customerOf = (scope: Scope): CustomerId | undefined => (scope === 'everyone' ? undefined : scope.customer);
