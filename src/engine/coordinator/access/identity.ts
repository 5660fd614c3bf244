import type {Actor, ApiKeyRow, CustomerId, CustomerRow, Role, Scope} from '../store/store.ts';

/** Whose key a request carries. */
export interface Identity {
  readonly keyId: string;
  /** `key:PREFIX`, for the audit. */
  readonly name: string;
  readonly role: Role;
  readonly scopes?: readonly string[];
  /** Absent: of the whole coordinator. */
  readonly customer?: CustomerRow;
}

export const identityOf = (key: ApiKeyRow, customer: CustomerRow | undefined): Identity => ({
  keyId: key.id,
  name: `key:${key.prefix}`,
  role: key.role,
  scopes: key.scopes,
  customer,
});

/** Whose rows it sees. */
export const scopeOf = ({customer}: Identity): Scope => (customer ? {customer: customer.id} : 'everyone');

/** Whether a row of this customer is one that it sees. */
export const sees = (identity: Identity, customer: CustomerId | undefined): boolean =>
  identity.customer === undefined || identity.customer.id === customer;

export const actorOf = (identity: Identity, request: string): Actor => ({name: identity.name, request});
