import type {FastifyReply, FastifyRequest} from 'fastify';
import {
  type Counted,
  type Gate,
  type Identity,
  type Knock,
  limitHeaders,
  type Permission,
} from '../../coordinator/access/index.ts';
import {certificateOf} from './client-certificate.ts';

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

/** Before each request: who asks, whether they may, and whether they ask too often. Throws Refusal 401, 403, 429. */
export const gateHook =
  (gate: Gate) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const {permission} = request.routeOptions.config;
    if (permission === undefined) return;
    const count = (counted: Counted) => void reply.headers(limitHeaders(counted));
    request.identity = await gate.admit({...shownBy(request), address: request.ip, permission}, count);
  };

/** What the caller shows: a header, or the certificate of the connection. */
export function shownBy({headers, raw}: FastifyRequest): Pick<Knock, 'authorization' | 'certificate'> {
  const certificate = certificateOf(raw.socket);
  return {authorization: headers.authorization, ...(certificate && {certificate})};
}

/** Whose key it is; for routes that have a permission. */
export function whoOf(request: FastifyRequest): Identity {
  if (request.identity === null) throw new Error('a route without a permission asked whose key it is');
  return request.identity;
}
