import type {OidcSettings} from '../../../spec/server/server-settings.ts';
import type {CustomerId, Role} from '../../store/store.ts';
import {isScope} from '../permissions.ts';

/** What a good token says of its bearer. */
export interface TokenBearer {
  /** `oidc:SUB`, for the audit. */
  readonly name: string;
  readonly role: Role;
  readonly customer?: CustomerId;
  readonly scopes?: readonly string[];
}

type Claims = Readonly<Record<string, unknown>>;
type Mapping = Pick<OidcSettings, 'roles' | 'customer' | 'scopes'>;

/** From the one that may do most. */
const ranks: readonly Role[] = ['admin', 'operator', 'customer', 'viewer'];
const LONGEST_NAME = 200;

/** Who somebody is by the claims of a token, whose signature was found good; or why that cannot be told. */
export function bearerOfClaims(claims: Claims, mapping: Mapping): TokenBearer | 'token-role' | 'token-customer' {
  const role = roleOf(claims, mapping.roles);
  if (role === undefined) return 'token-role';
  const who = {name: nameOf(claims), role, ...scopesOf(claims, mapping.scopes)};
  if (role === 'admin' || role === 'operator') return who;
  if (!mapping.customer) return role === 'viewer' ? who : 'token-customer';
  const customer = customerOf(claims, mapping.customer);
  return customer === undefined ? 'token-customer' : {...who, customer};
}

function roleOf(claims: Claims, {claim, map, default: fallback}: Mapping['roles']): Role | undefined {
  const known = valuesOf(claims, claim).flatMap(value => (Object.hasOwn(map, value) ? [map[value]!] : []));
  return ranks.find(role => known.includes(role)) ?? fallback;
}

function customerOf(claims: Claims, {claim, map}: NonNullable<Mapping['customer']>): CustomerId | undefined {
  const values = valuesOf(claims, claim);
  if (!map) return values.length === 1 ? values[0] : undefined;
  const found = new Set(values.flatMap(value => (Object.hasOwn(map, value) ? [map[value]!] : [])));
  // Of two customers nobody knows which is meant.
  return found.size === 1 ? [...found][0] : undefined;
}

function scopesOf(claims: Claims, scopes: Mapping['scopes']): {readonly scopes?: readonly string[]} {
  if (!scopes) return {};
  const {claim, prefix} = scopes;
  const own = valuesOf(claims, claim).flatMap(value => (value.startsWith(prefix) ? [value.slice(prefix.length)] : []));
  return {scopes: own.filter(isScope)};
}

/** Texts of a claim: of a list its entries, of one text itself and its words (`scope` is written so). */
function valuesOf(claims: Claims, name: string): readonly string[] {
  const value = claimAt(claims, name);
  if (Array.isArray(value)) return value.filter(one => typeof one === 'string');
  if (typeof value !== 'string') return [];
  const words = value.split(' ').filter(word => word !== '');
  return words.length > 1 ? [value, ...words] : words;
}

/** By its whole name (which may be a URL), else from part to part. */
function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name.split('.').reduce<unknown>((here, part) => {
    const there = typeof here === 'object' && here !== null && !Array.isArray(here) && Object.hasOwn(here, part);
    return there ? (here as Claims)[part] : undefined;
  }, claims);
}

/** The subject is the issuer's to choose: one line, not endless. */
const nameOf = ({sub}: Claims): string =>
  `oidc:${String(sub)
    .replace(/[\u0000-\u001f\u007f]/g, '?')
    .slice(0, LONGEST_NAME)}`;
