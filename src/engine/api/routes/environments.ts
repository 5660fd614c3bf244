import type {FastifyRequest} from 'fastify';
import {z} from 'zod';
import {actorOf, notFound, ownerAsked, Refusal, scopeAsked, scopeOf} from '../../coordinator/access/index.ts';
import {storedContent} from '../../coordinator/files/stored-content.ts';
import type {Plan} from '../../planner/plan.ts';
import {bundleOf, environmentOf} from '../answers/environment.ts';
import type {ApiParts, ApiServer} from '../api-parts.ts';
import {accepted} from '../request/accepted-change.ts';
import {whoOf} from '../request/gate.ts';
import {idempotencyHeaders} from '../request/idempotency.ts';
import {servedStacks} from '../request/served-stacks.ts';
import {
  applyBody,
  bundleAnswer,
  bundleBody,
  changeAnswer,
  changePlanBody,
  environmentAnswer,
  environmentParams,
  environmentsQuery,
  planAnswer,
  planBody,
  updateHeaders,
} from '../schemas/environment.ts';
import {customerId, pageOf} from '../schemas/wire.ts';
import {untilGone} from '../streams/until-gone.ts';

const tags = ['environments'];
const forCustomer = z.strictObject({
  customer: customerId.optional().describe('Whose a new environment is; `default` when not given.'),
});

/** Environments themselves: what is applied, which there are. */
export function environmentRoutes(server: ApiServer, parts: ApiParts): void {
  const environments = servedStacks(parts);
  const {store} = parts.coordinator;

  server.post(
    '/v1/bundles',
    {
      schema: {
        operationId: 'putBundle',
        tags,
        summary: 'Take in a project as it stands, for plan and apply.',
        description: 'A tar of niyanta.yaml and what its stack needs, as `niyanta apply --server` makes it.',
        querystring: forCustomer,
        body: bundleBody,
        response: {201: bundleAnswer},
      },
    },
    async (request, reply) => {
      const owner = await ownerAsked(whoOf(request), request.query.customer, parts);
      const {file} = request.body;
      const [known] = await store.files(owner.id, [file]);
      const content = known && (await storedContent(store, file));
      if (!content) throw notSent(file);
      return reply.code(201).send(bundleOf(await environments().putBundle(content.open())));
    },
  );

  server.post(
    '/v1/environments/plan',
    {
      schema: {
        operationId: 'planEnvironment',
        tags,
        summary: 'Show what applying a bundle would change. Changes nothing.',
        description: 'Its serial and fingerprint, given as `agreed` to apply, have just this plan carried out.',
        body: planBody,
        response: {200: planAnswer},
      },
    },
    async (request, reply) => {
      const signal = untilGone(reply.raw, parts.stopping);
      const plan = await environments().plan(scopeOf(whoOf(request)), request.body, signal);
      return answerOf(plan);
    },
  );

  server.post(
    '/v1/environments/:id/plan',
    {
      schema: {
        operationId: 'planChange',
        tags,
        summary: 'Show what scaling, rolling back or removing an environment would change. Changes nothing.',
        params: environmentParams,
        body: changePlanBody,
        response: {200: planAnswer},
      },
    },
    async (request, reply) => {
      const signal = untilGone(reply.raw, parts.stopping);
      const plan = await environments().planChange(scopeOf(whoOf(request)), request.params.id, request.body, signal);
      if (!plan) throw notFound('environment');
      return answerOf(plan);
    },
  );

  server.post(
    '/v1/environments',
    {
      schema: {
        operationId: 'applyEnvironment',
        tags,
        summary: 'Apply a bundle: creates its environment, or changes it.',
        description: 'Durable when it answers; carried out by the coordinator that leads. Follow the change.',
        headers: idempotencyHeaders,
        querystring: forCustomer,
        body: applyBody,
        response: {202: changeAnswer},
      },
    },
    async (request, reply) => {
      const who = whoOf(request);
      const owner = await ownerAsked(who, request.query.customer, parts);
      const idempotencyKey = request.headers['idempotency-key'];
      const wish = {...request.body, ...(idempotencyKey !== undefined && {idempotencyKey})};
      const row = await environments().apply(scopeOf(who), owner.id, wish, actorOf(who, request.id));
      return accepted(reply, row);
    },
  );

  server.put(
    '/v1/environments/:id',
    {
      schema: {
        operationId: 'updateEnvironment',
        tags,
        summary: 'Apply a bundle of an environment that is there.',
        description:
          'As applyEnvironment, but it makes nothing anew. With `If-Match`, only if nobody asked for another change since it was looked at (412 `changed-meanwhile`); the number of the change is its revision from then on.',
        headers: updateHeaders,
        params: environmentParams,
        body: applyBody,
        response: {202: changeAnswer},
      },
    },
    async (request, reply) => {
      const who = whoOf(request);
      const {'idempotency-key': idempotencyKey, 'if-match': revision} = request.headers;
      const wish = {
        ...request.body,
        ...(idempotencyKey !== undefined && {idempotencyKey}),
        ...(revision !== undefined && {revision: Number(revision.slice(1, -1))}),
      };
      return accepted(
        reply,
        await environments().update(scopeOf(who), request.params.id, wish, actorOf(who, request.id)),
      );
    },
  );

  server.get(
    '/v1/environments',
    {
      schema: {
        operationId: 'listEnvironments',
        tags,
        summary: 'List environments, by their ids.',
        querystring: environmentsQuery,
        response: {200: pageOf(environmentAnswer)},
      },
    },
    async request => {
      const {customer, ...query} = request.query;
      const {items, next} = await environments().list(scopeAsked(whoOf(request), customer), query);
      return {items: items.map(environmentOf), next};
    },
  );

  server.get(
    '/v1/environments/:id',
    {
      schema: {
        operationId: 'getEnvironment',
        tags,
        summary: 'Show an environment: its condition, and which services run well.',
        params: environmentParams,
        response: {200: environmentAnswer},
      },
    },
    async (request, reply) => {
      const row = await find(request, request.params.id);
      return reply.header('ETag', `"${row.revision}"`).send(environmentOf(row));
    },
  );

  async function find(request: FastifyRequest, id: string) {
    const row = await environments().get(scopeOf(whoOf(request)), id);
    if (!row) throw notFound('environment');
    return row;
  }
}

/** The plan of the CLI, as JSON; its type is wider than what the document promises of it. */
const answerOf = (plan: Plan) => plan as unknown as z.output<typeof planAnswer>;

const notSent = (file: string): Refusal =>
  new Refusal({
    status: 422,
    code: 'file-missing',
    detail: `the file ${file} was not sent`,
    hint: 'Send it first: POST /v1/files, in parts of at most 4 MiB, and POST /v1/files/join.',
  });
