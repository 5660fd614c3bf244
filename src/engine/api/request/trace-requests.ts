import type {FastifyRequest} from 'fastify';
import {type TraceContext, type Tracing, traceContextOf, traceparentOf} from '../../telemetry/tracing/index.ts';
import type {ApiServer} from '../api-parts.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of its span; null where nothing is traced. */
    trace: TraceContext | null;
  }
}

/** A span for each request of the API proper, under the caller's where it tells of one (`traceparent`). */
export function traceRequests(server: ApiServer, tracing: Tracing): void {
  server.decorateRequest('trace', null);
  if (!tracing.on) return;
  server.addHook('onRequest', (request, _, done) => {
    request.trace = tracing.begin(callerOf(request)) ?? null;
    done();
  });
  server.addHook('onResponse', async (request, reply) => {
    const {trace, method, routeOptions, id} = request;
    const route = routeOptions.url ?? 'none';
    if (!trace || !route.startsWith('/v1/')) return;
    const endMs = Date.now();
    const parent = traceContextOf(callerOf(request))?.spanId;
    tracing.finished({
      name: `${method} ${route}`,
      context: trace,
      ...(parent !== undefined && {parent}),
      kind: 'server',
      startMs: endMs - reply.elapsedTime,
      endMs,
      attributes: {
        'http.request.method': method,
        'http.route': route,
        'http.response.status_code': reply.statusCode,
        'niyanta.request.id': id,
      },
      ...(reply.statusCode >= 500 && {error: `HTTP ${reply.statusCode}`}),
    });
  });
}

/** For what a request leads to; nothing where nothing is traced. */
export const traceparentIn = ({trace}: FastifyRequest): {readonly traceparent?: string} =>
  trace ? {traceparent: traceparentOf(trace)} : {};

const callerOf = ({headers}: FastifyRequest): string | undefined =>
  typeof headers.traceparent === 'string' ? headers.traceparent : undefined;
