import {isIPv6} from 'node:net';
import type {AccessRules} from './access-rules.ts';
import type {ClientCertificate, Credential} from './client-certificates.ts';
import type {Door, Refused} from './door.ts';
import type {Identity} from './identity.ts';
import {type Permission, refusal} from './permissions.ts';
import {rateLimitOf} from './rates.ts';
import {Refusal} from './refusal.ts';
import type {Rate, Taken} from './token-bucket.ts';
import {TokenBuckets} from './token-buckets.ts';

/** Keys that are none, from one address. */
const FAILURES: Rate = {perSecond: 0.5, burst: 20};

export interface GateParts {
  readonly door: Door;
  readonly rules: () => Pick<AccessRules, 'tierRates'>;
  /** Milliseconds that never go back. */
  readonly clock: () => number;
  readonly throttled: (policy: string) => void;
}

/** Who knocks, and what for. */
export interface Knock {
  /** `Bearer nyk_…`, as it came. */
  readonly authorization: string | undefined;
  /** What the TLS layer found good. */
  readonly certificate?: ClientCertificate;
  /** IP address of the caller. */
  readonly address: string;
  readonly permission: Permission;
}

/** How much of its limit a caller has used up. */
export interface Counted {
  readonly policy: string;
  readonly rate: Rate;
  readonly taken: Taken;
}

/**
 * Before each request: who asks, whether they may, and whether they ask too often. One gate for all ways in, so that limits
 * hold over all of them together.
 */
export class Gate {
  readonly #parts: GateParts;
  readonly #requests = new TokenBuckets();
  readonly #failures = new TokenBuckets();

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  /** `counted` is told before a caller is refused, too. Errors: Refusal 401, 403, 429; those of the store. */
  async admit(knock: Knock, counted: (count: Counted) => void = () => {}): Promise<Identity> {
    const {door, rules, clock} = this.#parts;
    const {permission} = knock;
    const identity = await this.#identify(knock, door);
    const limit = rateLimitOf(identity, rules().tierRates);
    if (limit) {
      const taken = this.#requests.take(limit.bucket, limit.rate, clock());
      counted({policy: limit.policy, rate: limit.rate, taken});
      if (!taken.allowed) throw this.#tooMany(limit.policy, taken);
    }
    const why = refusal(permission, {role: identity.role, customer: identity.customer?.id, scopes: identity.scopes});
    if (why !== undefined) throw new Refusal({status: 403, code: 'forbidden', detail: why});
    return identity;
  }

  async #identify(knock: Knock, door: Door): Promise<Identity> {
    const {clock} = this.#parts;
    const credential = credentialOf(knock);
    const network = networkOf(knock.address);
    // Whoever guesses is not looked up any more; keys that were good a moment ago go on from the same address.
    const left = this.#failures.take(network, FAILURES, clock(), 0);
    if (left.remaining < 1 && !door.remembers(credential)) throw this.#tooMany('failed-keys', left);
    const found = await door.identify(credential);
    if (typeof found !== 'string') return found;
    const taken = this.#failures.take(network, FAILURES, clock());
    if (!taken.allowed) throw this.#tooMany('failed-keys', taken);
    throw unauthorized(found);
  }

  #tooMany(policy: string, {waitMs}: Taken): Refusal {
    this.#parts.throttled(policy);
    const seconds = Math.max(1, Math.ceil(waitMs / 1000));
    return new Refusal({
      status: 429,
      code: 'rate-limited',
      detail: `too many requests: the limit ${policy} is used up`,
      hint: `Try again in ${seconds} s.`,
      headers: {'Retry-After': String(seconds)},
    });
  }
}

/** What somebody shows: a key or token where one came, else the certificate. Errors: Refusal 401. */
export const credentialOf = ({authorization, certificate}: Pick<Knock, 'authorization' | 'certificate'>): Credential =>
  authorization === undefined && certificate ? certificate : bearerOf(authorization);

/** The key or token of an Authorization header. Errors: Refusal 401. */
function bearerOf(header: string | undefined): string {
  const text = /^Bearer +([^\s]+) *$/i.exec(header ?? '')?.[1];
  if (text !== undefined) return text;
  throw new Refusal({
    status: 401,
    code: 'no-key',
    detail: 'this needs an API key',
    hint: 'Send it as: Authorization: Bearer nyk_…',
    headers: {'WWW-Authenticate': 'Bearer realm="niyanta"'},
  });
}

/** The draft of the IETF's httpapi group: what the limit is, and what is left of it. */
export function limitHeaders({policy, rate: {perSecond, burst}, taken}: Counted): Record<string, string> {
  const window = Math.max(1, Math.ceil(burst / perSecond));
  const reset = Math.max(0, Math.ceil(taken.waitMs / 1000));
  return {
    'RateLimit-Policy': `"${policy}";q=${burst};w=${window}`,
    RateLimit: `"${policy}";r=${taken.remaining};t=${reset}`,
  };
}

/** Who has no key learns nothing of others' keys but what their owner knows: that they ended. */
function unauthorized(why: Refused): Refusal {
  const [code, detail] = WORDS[why];
  return new Refusal({
    status: 401,
    code,
    detail,
    headers: {'WWW-Authenticate': 'Bearer realm="niyanta", error="invalid_token"'},
  });
}

const WORDS: Readonly<Record<Refused, readonly [code: string, detail: string]>> = {
  unknown: ['unknown-key', 'the API key is unknown'],
  expired: ['expired-key', 'the API key is expired'],
  revoked: ['revoked-key', 'the API key is revoked'],
  suspended: ['suspended-key', 'the customer of this key is suspended'],
  'unknown-certificate': ['unknown-certificate', 'nobody said what this certificate may do'],
  'token-malformed': ['invalid-token', 'the token is none that can be read'],
  'token-algorithm': ['invalid-token', 'the token is signed in a way that is not taken here'],
  'token-key': ['invalid-token', 'the token is signed with a key that its issuer does not have'],
  'token-signature': ['invalid-token', 'the signature of the token is wrong'],
  'token-issuer': ['invalid-token', 'the token is of another issuer'],
  'token-audience': ['invalid-token', 'the token is for somebody else'],
  'token-expired': ['expired-token', 'the token is expired'],
  'token-not-yet': ['invalid-token', 'the token is not good yet'],
  'token-claims': ['invalid-token', 'the token lacks what it must say: exp and sub'],
  'token-role': ['no-role', 'the token has no role here'],
  'token-customer': ['no-customer', 'the token or certificate names no customer that there is'],
};

/** Who has one address of IPv6 has all of its /64. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address;
  const [front = '', back = ''] = address.split('::');
  const [left, right] = [front.split(':'), back === '' ? [] : back.split(':')];
  const groups = address.includes('::')
    ? [...left, ...Array(8 - left.length - right.length).fill('0'), ...right]
    : left;
  return groups.slice(0, 4).join(':');
}
