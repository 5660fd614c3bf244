import {isIPv6} from 'node:net';
import type {FastifyReply, FastifyRequest} from 'fastify';
import {
  type Door,
  type Identity,
  type Permission,
  type Rate,
  type Refused,
  rateLimitOf,
  refusal,
  type Taken,
  TokenBuckets,
} from '../../coordinator/access/index.ts';
import {Refusal} from '../problems/refusal.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose key it carries; null where none is needed. */
    identity: Identity | null;
  }
  interface FastifyContextConfig {
    /** Absent: open to everybody. */
    permission?: Permission;
  }
}

/** Keys that are none, from one address. */
const FAILURES: Rate = {perSecond: 0.5, burst: 20};

export interface GateParts {
  readonly door: Door;
  readonly tierRates: Readonly<Record<string, Rate>>;
  /** Milliseconds that never go back. */
  readonly clock: () => number;
  readonly throttled: (policy: string) => void;
}

/** Before each request: who asks, whether they may, and whether they ask too often. Throws Refusal 401, 403, 429. */
export function gate({door, tierRates, clock, throttled}: GateParts) {
  const requests = new TokenBuckets();
  const failures = new TokenBuckets();

  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const {permission} = request.routeOptions.config;
    if (permission === undefined) return;
    const identity = await identify(request);
    request.identity = identity;
    const limit = rateLimitOf(identity, tierRates);
    if (limit) {
      const taken = requests.take(limit.bucket, limit.rate, clock());
      reply.headers(limitHeaders(limit.policy, limit.rate, taken));
      if (!taken.allowed) throw tooMany(limit.policy, taken);
    }
    const why = refusal(permission, {role: identity.role, customer: identity.customer?.id, scopes: identity.scopes});
    if (why !== undefined) throw new Refusal({status: 403, code: 'forbidden', detail: why});
  };

  async function identify(request: FastifyRequest): Promise<Identity> {
    const text = bearerOf(request.headers.authorization);
    const address = networkOf(request.ip);
    // Whoever guesses is not looked up any more; keys that were good a moment ago go on from the same address.
    const left = failures.take(address, FAILURES, clock(), 0);
    if (left.remaining < 1 && !door.remembers(text)) throw tooMany('failed-keys', left);
    const found = await door.identify(text);
    if (typeof found !== 'string') return found;
    const taken = failures.take(address, FAILURES, clock());
    if (!taken.allowed) throw tooMany('failed-keys', taken);
    throw unauthorized(found);
  }

  function tooMany(policy: string, {waitMs}: Taken): Refusal {
    throttled(policy);
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

/** Who has no key learns nothing of others' keys but what their owner knows: that they ended. */
const unauthorized = (why: Refused): Refusal =>
  new Refusal({
    status: 401,
    code: why === 'unknown' ? 'unknown-key' : `${why}-key`,
    detail: why === 'suspended' ? 'the customer of this key is suspended' : `the API key is ${why}`,
    headers: {'WWW-Authenticate': 'Bearer realm="niyanta", error="invalid_token"'},
  });

/** The draft of the IETF's httpapi group: what the limit is, and what is left of it. */
function limitHeaders(policy: string, {perSecond, burst}: Rate, taken: Taken): Record<string, string> {
  const window = Math.max(1, Math.ceil(burst / perSecond));
  const reset = Math.max(0, Math.ceil(taken.waitMs / 1000));
  return {
    'RateLimit-Policy': `"${policy}";q=${burst};w=${window}`,
    RateLimit: `"${policy}";r=${taken.remaining};t=${reset}`,
  };
}

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

/** Whose key it is; for routes that have a permission. */
export function whoOf(request: FastifyRequest): Identity {
  if (request.identity === null) throw new Error('a route without a permission asked whose key it is');
  return request.identity;
}
