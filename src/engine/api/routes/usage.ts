import {z} from 'zod';
import {scopeAsked} from '../../coordinator/access/index.ts';
import {usageOf} from '../../coordinator/requests/usage.ts';
import {workloadStates} from '../../coordinator/workload-states.ts';
import {csvOf} from '../answers/csv.ts';
import type {ApiParts, ApiServer} from '../api-parts.ts';
import {preferred} from '../request/accepts.ts';
import {whoOf} from '../request/gate.ts';
import {usageAnswer} from '../schemas/usage.ts';
import {customerId, timeText} from '../schemas/wire.ts';

type Usage = z.output<typeof usageAnswer>;

export function usageRoutes(server: ApiServer, {coordinator}: ApiParts): void {
  const {store} = coordinator;

  server.get(
    '/v1/usage',
    {
      schema: {
        operationId: 'readUsage',
        tags: ['usage'],
        summary: 'What customers have and use: workloads by state, core-seconds.',
        querystring: z.strictObject({customer: customerId.optional()}),
        response: {
          200: {
            description: 'JSON, or CSV by `Accept: text/csv`.',
            content: {'application/json': {schema: usageAnswer}, 'text/csv': {schema: z.string()}},
          },
        },
      },
    },
    async (request, reply) => {
      const scope = scopeAsked(whoOf(request), request.query.customer);
      const items = (await usageOf(store, scope)).map(each => ({...each, asOf: timeText(each.asOf)}));
      if (preferred(request.headers.accept, ['application/json', 'text/csv']) === 'application/json') {
        return reply.send({items});
      }
      return reply.type('text/csv; charset=utf-8').send(usageCsv(items));
    },
  );
}

const usageCsv = (items: Usage['items']): string =>
  csvOf(
    ['customer', 'tier', ...workloadStates, 'coreSeconds', 'asOf'],
    items.map(({customer, tier, workloads, coreSeconds, asOf}) => [
      ...[customer, tier],
      ...workloadStates.map(state => workloads[state] ?? 0),
      ...[coreSeconds, asOf],
    ]),
  );
