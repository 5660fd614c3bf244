import {z} from 'zod';
import {actorOf, createKey, notFound, rotateKey} from '../../coordinator/access/index.ts';
import {findCustomer, putCustomer, removeCustomer} from '../../coordinator/requests/customers.ts';
import {customerOf, keyOf} from '../answers/customer.ts';
import type {ApiParts, ApiServer} from '../api-parts.ts';
import {whoOf} from '../request/gate.ts';
import {
  createdKey,
  customerAnswer,
  customerBody,
  customerParams,
  keyAnswer,
  keyBody,
  keyParams,
  keysQuery,
  rotationBody,
} from '../schemas/customer.ts';
import {listOf, timeOf} from '../schemas/wire.ts';

const tags = ['customers'];

export function customerRoutes(server: ApiServer, parts: ApiParts): void {
  const {coordinator, door} = parts;
  const {store} = coordinator;

  server.get(
    '/v1/customers',
    {
      schema: {
        operationId: 'listCustomers',
        tags,
        summary: 'List customers.',
        response: {200: listOf(customerAnswer)},
      },
    },
    async () => ({items: (await store.customers()).map(customerOf)}),
  );

  server.get(
    '/v1/customers/:id',
    {
      schema: {
        operationId: 'getCustomer',
        tags,
        summary: 'Show a customer.',
        params: customerParams,
        response: {200: customerAnswer},
      },
    },
    async request => customerOf(await findCustomer(parts, request.params.id)),
  );

  server.put(
    '/v1/customers/:id',
    {
      schema: {
        operationId: 'putCustomer',
        tags,
        summary: 'Make a customer, or change all of it.',
        params: customerParams,
        body: customerBody,
        response: {200: customerAnswer},
      },
    },
    async request => {
      const customer = {...request.params, ...request.body};
      return customerOf(await putCustomer(parts, customer, actorOf(whoOf(request), request.id)));
    },
  );

  server.delete(
    '/v1/customers/:id',
    {
      schema: {
        operationId: 'removeCustomer',
        tags,
        summary: 'Remove a customer: its keys are revoked, its schedules go, the audit stays.',
        description: 'Refused (409) while it has workloads that have not ended, or environments.',
        params: customerParams,
        response: {204: z.null()},
      },
    },
    async (request, reply) => {
      await removeCustomer(parts, request.params.id, actorOf(whoOf(request), request.id));
      return reply.code(204).send(null);
    },
  );

  server.post(
    '/v1/keys',
    {
      schema: {
        operationId: 'createKey',
        tags,
        summary: 'Make an API key. The answer has it, this once.',
        body: keyBody,
        response: {201: createdKey},
      },
    },
    async (request, reply) => {
      const {expiresAt, ...wish} = request.body;
      const expiry = expiresAt === undefined ? {} : {expiresAt: timeOf(expiresAt)};
      const {key, text} = await createKey(store, {...wish, ...expiry}, actorOf(whoOf(request), request.id));
      return reply
        .code(201)
        .header('Cache-Control', 'no-store')
        .send({...keyOf(key), key: text});
    },
  );

  server.post(
    '/v1/keys/:id/rotate',
    {
      schema: {
        operationId: 'rotateKey',
        tags,
        summary: 'Make a key with the same rights; the former one goes on for a while. The answer has it, this once.',
        params: keyParams,
        body: rotationBody,
        response: {201: createdKey},
      },
    },
    async (request, reply) => {
      const actor = actorOf(whoOf(request), request.id);
      const rotated = await rotateKey(store, request.params.id, request.body.overlapMs, actor);
      door.forget();
      if (rotated === undefined) throw notFound('key');
      return reply
        .code(201)
        .header('Cache-Control', 'no-store')
        .send({...keyOf(rotated.key), key: rotated.text});
    },
  );

  server.get(
    '/v1/keys',
    {
      schema: {
        operationId: 'listKeys',
        tags,
        summary: 'List API keys, without the keys themselves.',
        querystring: keysQuery,
        response: {200: listOf(keyAnswer)},
      },
    },
    async ({query: {customer}}) => ({
      items: (await store.keys(customer === undefined ? 'everyone' : {customer})).map(keyOf),
    }),
  );

  server.delete(
    '/v1/keys/:id',
    {
      schema: {
        operationId: 'revokeKey',
        tags,
        summary: 'Revoke an API key: at once here, within a second on other coordinators.',
        params: keyParams,
        response: {204: z.null()},
      },
    },
    async (request, reply) => {
      const there = await store.revokeKey('everyone', request.params.id, actorOf(whoOf(request), request.id));
      door.forget();
      if (!there) throw notFound('key');
      return reply.code(204).send(null);
    },
  );
}
