import type {FastifyReply, FastifyRequest} from 'fastify';
import {z} from 'zod';
import {scopeAsked} from '../../coordinator/access/index.ts';
import {costsOf} from '../../coordinator/requests/costs.ts';
import {checkIntervals, type Period, periodOf} from '../../coordinator/requests/period.ts';
import {utilisationOf} from '../../coordinator/requests/utilisation.ts';
import {trendOf, utilisationAnswerOf} from '../answers/analytics.ts';
import {csvOf} from '../answers/csv.ts';
import type {ApiParts, ApiServer} from '../api-parts.ts';
import {preferred} from '../request/accepts.ts';
import {whoOf} from '../request/gate.ts';
import {costsAnswer, costsQuery, trendsAnswer, trendsQuery, utilisationAnswer} from '../schemas/analytics.ts';
import {timeOf, timeText} from '../schemas/wire.ts';

const tags = ['usage'];

/** How it went: over what is still kept (`keep` of the settings). */
export function analyticsRoutes(server: ApiServer, {coordinator, costs}: ApiParts): void {
  const {store} = coordinator;

  server.get(
    '/v1/analytics/trends',
    {
      schema: {
        operationId: 'readTrends',
        tags,
        summary: 'What was submitted and how it ended, interval by interval.',
        querystring: trendsQuery,
        response: {200: jsonOrCsv(trendsAnswer)},
      },
    },
    async (request, reply) => {
      const {interval: intervalMs, name, customer} = request.query;
      const period = await periodOf(msOf(request.query), store.now);
      checkIntervals(period, intervalMs);
      const query = {...period, intervalMs, ...(name !== undefined && {name})};
      const trends = await store.trends(scopeAsked(whoOf(request), customer), query);
      return answer(request, reply, {...timesOf(period), intervalMs, items: trends.map(trendOf)}, ({items}) =>
        csvOf(
          [
            'at',
            'submitted',
            'succeeded',
            'failed',
            'cancelled',
            'waitedMeanMs',
            'waitedMostMs',
            'ranMeanMs',
            'ranMostMs',
          ],
          items.map(({at, submitted, succeeded, failed, cancelled, waited, ran}) => [
            ...[at, submitted, succeeded, failed, cancelled],
            ...[waited.mean, waited.most, ran.mean, ran.most],
          ]),
        ),
      );
    },
  );

  server.get(
    '/v1/analytics/costs',
    {
      schema: {
        operationId: 'readCosts',
        tags,
        summary: 'What workloads used and cost: what they reserved, for as long as their attempts ran.',
        querystring: costsQuery,
        response: {200: jsonOrCsv(costsAnswer)},
      },
    },
    async (request, reply) => {
      const {by, limit, customer} = request.query;
      const period = await periodOf(msOf(request.query), store.now);
      const spent = await store.spent(scopeAsked(whoOf(request), customer), {...period, by, limit});
      const items = spent.map(each => costsOf(each, costs));
      return answer(request, reply, {...timesOf(period), rates: {...costs}, items}, all => {
        const titles = ['customer', 'name', 'version', 'workloads', 'attempts'] as const;
        const amounts = ['hours', 'cpuHours', 'memoryGibHours', 'gpuHours', 'cost'] as const;
        return csvOf(
          [...titles, ...amounts],
          all.items.map(item => [...titles, ...amounts].map(key => item[key])),
        );
      });
    },
  );

  server.get(
    '/v1/analytics/utilisation',
    {
      schema: {
        operationId: 'readUtilisation',
        tags,
        summary: 'What workloads hold of each worker now.',
        response: {200: jsonOrCsv(utilisationAnswer)},
      },
    },
    async (request, reply) => {
      const held = utilisationOf(await store.workers(), await store.reserved('everyone'));
      const all = utilisationAnswerOf(held, await store.now());
      return answer(request, reply, all, ({items}) =>
        csvOf(
          [
            'worker',
            'workloads',
            'cpuReserved',
            'cpuCapacity',
            'memoryReserved',
            'memoryCapacity',
            'gpuReserved',
            'gpuCapacity',
          ],
          items.map(({worker, workloads, cpu, memory, gpu}) => [
            ...[worker, workloads, cpu.reserved, cpu.capacity],
            ...[memory.reserved, memory.capacity, gpu.reserved, gpu.capacity],
          ]),
        ),
      );
    },
  );
}

const jsonOrCsv = <T extends z.ZodType>(schema: T) => ({
  description: 'JSON, or CSV by `Accept: text/csv`.',
  content: {'application/json': {schema}, 'text/csv': {schema: z.string()}},
});

function answer<T>(request: FastifyRequest, reply: FastifyReply, value: T, csv: (value: T) => string): FastifyReply {
  if (preferred(request.headers.accept, ['application/json', 'text/csv']) === 'application/json')
    return reply.send(value);
  return reply.type('text/csv; charset=utf-8').send(csv(value));
}

const timesOf = ({from, until}: Period) => ({from: timeText(from), until: timeText(until)});

const msOf = ({from, until}: {readonly from?: string | undefined; readonly until?: string | undefined}) => ({
  ...(from !== undefined && {from: timeOf(from)}),
  ...(until !== undefined && {until: timeOf(until)}),
});
