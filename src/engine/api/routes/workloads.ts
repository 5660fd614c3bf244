import {z} from 'zod';
import {notFound, scopeAsked, scopeOf} from '../../coordinator/access/index.ts';
import {attemptOf, figuresOf, summaryOf, whyOf, workloadOf} from '../answers/workload.ts';
import type {ApiParts, ApiServer} from '../api-parts.ts';
import {whoOf} from '../request/gate.ts';
import {customerId, listOf, pageOf} from '../schemas/wire.ts';
import {
  attemptAnswer,
  figuresAnswer,
  outputParams,
  resultAnswer,
  whyAnswer,
  workloadAnswer,
  workloadParams,
  workloadSummary,
  workloadsQuery,
} from '../schemas/workload.ts';

const tags = ['workloads'];

export function workloadRoutes(server: ApiServer, {coordinator}: ApiParts): void {
  const {store} = coordinator;

  server.get(
    '/v1/workloads',
    {
      schema: {
        operationId: 'listWorkloads',
        tags,
        summary: 'List workloads, newest first.',
        querystring: workloadsQuery.extend({customer: customerId.optional()}),
        response: {200: pageOf(workloadSummary)},
      },
    },
    async request => {
      const {state, label, customer, ...rest} = request.query;
      const labels = label && Object.fromEntries(label.map(text => splitAt(text, text.indexOf('='))));
      const scope = scopeAsked(whoOf(request), customer);
      const {items, next} = await store.workloads(scope, {...rest, states: state, labels});
      return {items: items.map(summaryOf), next};
    },
  );

  server.get(
    '/v1/workloads/figures',
    {
      schema: {
        operationId: 'workloadFigures',
        tags,
        summary: 'Show what runs, and what it uses now.',
        description: 'Each host is looked at once a second at most, however many ask.',
        querystring: z.strictObject({
          customer: customerId.optional(),
          limit: z.coerce.number().int().min(1).max(500).default(200),
        }),
        response: {200: listOf(figuresAnswer)},
      },
    },
    async request => {
      const {customer, limit} = request.query;
      const figures = await coordinator.figures(scopeAsked(whoOf(request), customer), limit);
      return {items: figures.map(figuresOf)};
    },
  );

  server.get(
    '/v1/workloads/:id',
    {
      schema: {
        operationId: 'getWorkload',
        tags,
        summary: 'Show a workload.',
        params: workloadParams,
        response: {200: workloadAnswer},
      },
    },
    async request => {
      const row = await store.workload(scopeOf(whoOf(request)), request.params.id);
      if (row === undefined) throw notFound('workload');
      return workloadOf(row);
    },
  );

  server.get(
    '/v1/workloads/:id/attempts',
    {
      schema: {
        operationId: 'listAttempts',
        tags,
        summary: 'List the attempts of a workload.',
        params: workloadParams,
        response: {200: listOf(attemptAnswer)},
      },
    },
    async request => {
      const scope = scopeOf(whoOf(request));
      if ((await store.workload(scope, request.params.id)) === undefined) throw notFound('workload');
      return {items: (await store.attempts(scope, request.params.id)).map(attemptOf)};
    },
  );

  server.get(
    '/v1/workloads/:id/why',
    {
      schema: {
        operationId: 'whyWorkload',
        tags,
        summary: 'Say why a workload is where it is.',
        params: workloadParams,
        response: {200: whyAnswer},
      },
    },
    async request => {
      const why = await coordinator.why(scopeOf(whoOf(request)), request.params.id);
      if (why === undefined) throw notFound('workload');
      return whyOf(why, whoOf(request).customer === undefined);
    },
  );

  server.get(
    '/v1/workloads/:id/result',
    {
      schema: {
        operationId: 'getResult',
        tags,
        summary: 'Get the result of a workload; without one until it has ended.',
        params: workloadParams,
        response: {200: resultAnswer},
      },
    },
    async request => {
      const row = await store.workload(scopeOf(whoOf(request)), request.params.id);
      if (row === undefined) throw notFound('workload');
      return {id: row.id, state: row.state, exitCode: row.exitCode, result: row.result ?? undefined};
    },
  );

  server.get(
    '/v1/workloads/:id/outputs/*',
    {
      schema: {
        operationId: 'getOutput',
        tags,
        summary: 'Download a file that a workload left.',
        params: outputParams,
        response: {200: {description: 'The file.', content: {'application/octet-stream': {schema: z.any()}}}},
      },
    },
    async (request, reply) => {
      const row = await store.workload(scopeOf(whoOf(request)), request.params.id);
      const path = `/${request.params['*']}`;
      const sha256 = row && Object.hasOwn(row.outputs, path) ? row.outputs[path] : undefined;
      const content = sha256 === undefined ? undefined : await store.blob(sha256);
      if (content === undefined) throw notFound(row ? 'output file' : 'workload');
      // Whatever a workload wrote: never shown by a browser as if it were ours.
      return reply
        .type('application/octet-stream')
        .headers({'Content-Disposition': 'attachment', ETag: `"${sha256}"`})
        .send(Buffer.from(content.buffer, content.byteOffset, content.byteLength));
    },
  );
}

const splitAt = (text: string, at: number): readonly [string, string] => [text.slice(0, at), text.slice(at + 1)];
