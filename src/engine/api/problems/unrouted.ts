import type {FastifyInstance, FastifyRequest} from 'fastify';
import {Refusal} from '../../coordinator/access/index.ts';

interface Known {
  readonly methods: Set<string>;
  readonly pattern: RegExp;
}

/** Answers requests for which there is no route: 405 where there is one by another method, 404 otherwise. */
export function unrouted(server: Pick<FastifyInstance, 'addHook'>) {
  const known = new Map<string, Known>();
  server.addHook('onRoute', ({url, method}) => {
    const pattern = new RegExp(
      `^${url
        .replace(/[.+?^$()[\]{}|\\]/g, '\\$&')
        .replace(/:[^/]+/g, '[^/]+')
        .replace('*', '.*')}/?$`,
    );
    const entry = known.get(url) ?? {methods: new Set(), pattern};
    for (const each of [method].flat()) entry.methods.add(each);
    known.set(url, entry);
  });

  return (request: FastifyRequest): never => {
    const path = request.url.split('?')[0] ?? '';
    const allowed = [...known.values()].filter(({pattern}) => pattern.test(path)).flatMap(({methods}) => [...methods]);
    if (allowed.length === 0) {
      throw new Refusal({status: 404, code: 'no-route', detail: 'there is nothing at this path', hint: 'See /docs.'});
    }
    throw new Refusal({
      status: 405,
      code: 'wrong-method',
      detail: `${request.method} is not possible here`,
      headers: {Allow: [...new Set(allowed)].sort().join(', ')},
    });
  };
}
