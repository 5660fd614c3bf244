import {z} from 'zod';
import type {ApiParts, ApiServer} from '../api-parts.ts';

export function metricsRoutes(server: ApiServer, {metrics}: ApiParts): void {
  server.get(
    '/metrics',
    {
      schema: {
        operationId: 'readMetrics',
        tags: ['operation'],
        summary: 'Metrics for Prometheus.',
        response: {200: {description: 'Text format of Prometheus.', content: {'text/plain': {schema: z.string()}}}},
      },
    },
    async (_, reply) => reply.type(metrics.contentType).send(await metrics.text()),
  );
}
