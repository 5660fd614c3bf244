import type {ApiParts, ApiServer} from '../api-parts.ts';
import {healthAnswer, readyAnswer} from '../schemas/health.ts';

export function healthRoutes(server: ApiServer, {coordinator, stopping}: ApiParts): void {
  server.get(
    '/health',
    {
      schema: {
        operationId: 'health',
        tags: ['operation'],
        summary: 'Whether the process is alive.',
        response: {200: healthAnswer},
      },
    },
    async () => ({status: 'ok' as const}),
  );

  server.get(
    '/ready',
    {
      schema: {
        operationId: 'ready',
        tags: ['operation'],
        summary: 'Whether requests should be sent here.',
        response: {200: readyAnswer, 503: readyAnswer},
      },
    },
    async (_, reply) => {
      const {ready, checks} = coordinator.health();
      const goes = ready && !stopping.aborted;
      // Details name hosts and databases: they are in the log, not for whoever comes by.
      const answer = {ready: goes, leads: coordinator.leads(), checks: checks.map(({name, ok}) => ({name, ok}))};
      return reply.code(goes ? 200 : 503).send(answer);
    },
  );
}
