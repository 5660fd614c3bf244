import {z} from 'zod';
import {actorOf, notFound} from '../../coordinator/access/index.ts';
import {workerOf} from '../answers/worker.ts';
import type {ApiParts, ApiServer} from '../api-parts.ts';
import {whoOf} from '../request/gate.ts';
import {listOf} from '../schemas/wire.ts';
import {workerAnswer, workerParams} from '../schemas/worker.ts';

const tags = ['workers'];

const drainQuery = z.strictObject({
  stop: z
    .enum(['true', 'false'])
    .optional()
    .describe('What has no checkpoints is stopped, too, and begins anew elsewhere.'),
});

export function workerRoutes(server: ApiServer, {coordinator}: ApiParts): void {
  server.get(
    '/v1/workers',
    {
      schema: {
        operationId: 'listWorkers',
        tags,
        summary: 'List the hosts that execute workloads.',
        response: {200: listOf(workerAnswer)},
      },
    },
    async () => ({items: (await coordinator.workers()).map(workerOf)}),
  );

  const drains = [
    {verb: 'drain', drained: true, operationId: 'drainWorker', summary: 'Place nothing there, and move what runs.'},
    {verb: 'undrain', drained: false, operationId: 'undrainWorker', summary: 'Place workloads there again.'},
  ];
  for (const {verb, drained, operationId, summary} of drains) {
    const querystring = drained ? drainQuery : z.strictObject({});
    server.post(
      `/v1/workers/:name/${verb}`,
      {schema: {operationId, tags, summary, params: workerParams, querystring, response: {200: workerAnswer}}},
      async request => {
        const {name} = request.params;
        const {stop} = request.query as z.output<typeof drainQuery>;
        const there = await coordinator.drain(name, drained, actorOf(whoOf(request), request.id), stop === 'true');
        const worker = there ? (await coordinator.workers()).find(each => each.name === name) : undefined;
        if (worker === undefined) throw notFound('worker');
        return workerOf(worker);
      },
    );
  }
}
