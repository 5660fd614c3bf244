import {actorOf, notFound, scopeOf} from '../../coordinator/access/index.ts';
import {environmentOf} from '../answers/environment.ts';
import type {ApiParts, ApiServer} from '../api-parts.ts';
import {accepted} from '../request/accepted-change.ts';
import {whoOf} from '../request/gate.ts';
import {servedStacks} from '../request/served-stacks.ts';
import {
  changeAnswer,
  destroyQuery,
  environmentAnswer,
  environmentParams,
  healingBody,
  rollbackBody,
  scaleBody,
} from '../schemas/environment.ts';

const tags = ['environments'];
const changes = {params: environmentParams, response: {202: changeAnswer}};

/** What can be asked of an environment that is there. */
export function environmentWishRoutes(server: ApiServer, parts: ApiParts): void {
  const environments = servedStacks(parts);

  server.post(
    '/v1/environments/:id/scale',
    {
      schema: {
        operationId: 'scaleEnvironment',
        tags,
        summary: 'Give services other numbers of replicas, until the next apply says otherwise.',
        description: 'A service with `scale` goes on from there by its load.',
        body: scaleBody,
        ...changes,
      },
    },
    async (request, reply) => {
      const who = whoOf(request);
      const {counts} = request.body;
      return accepted(
        reply,
        await environments().scale(scopeOf(who), request.params.id, counts, actorOf(who, request.id)),
      );
    },
  );

  server.post(
    '/v1/environments/:id/rollback',
    {
      schema: {
        operationId: 'rollbackEnvironment',
        tags,
        summary: 'Go back to what ran at a serial of the history; before the present one when none is given.',
        body: rollbackBody,
        ...changes,
      },
    },
    async (request, reply) => {
      const who = whoOf(request);
      const {id} = request.params;
      return accepted(reply, await environments().rollback(scopeOf(who), id, request.body, actorOf(who, request.id)));
    },
  );

  server.delete(
    '/v1/environments/:id',
    {
      schema: {
        operationId: 'destroyEnvironment',
        tags,
        summary: 'Remove what runs, and then the environment.',
        querystring: destroyQuery,
        ...changes,
      },
    },
    async (request, reply) => {
      const who = whoOf(request);
      const {id} = request.params;
      return accepted(reply, await environments().destroy(scopeOf(who), id, request.query, actorOf(who, request.id)));
    },
  );

  const plain = [
    {
      verb: 'release',
      operationId: 'releaseEnvironment',
      summary: 'Let go of it: what runs goes on, unwatched, and a direct `niyanta apply` is possible again.',
    },
    {verb: 'heal', operationId: 'healEnvironment', summary: 'Look at it and put right what is not as applied, now.'},
  ] as const;
  for (const {verb, operationId, summary} of plain) {
    server.post(
      `/v1/environments/:id/${verb}`,
      {schema: {operationId, tags, summary, ...changes}},
      async (request, reply) => {
        const who = whoOf(request);
        return accepted(reply, await environments()[verb](scopeOf(who), request.params.id, actorOf(who, request.id)));
      },
    );
  }

  server.put(
    '/v1/environments/:id/healing',
    {
      schema: {
        operationId: 'setHealing',
        tags,
        summary: 'Say whether it is put right by itself.',
        params: environmentParams,
        body: healingBody,
        response: {200: environmentAnswer},
      },
    },
    async request => {
      const who = whoOf(request);
      const {id} = request.params;
      const scope = scopeOf(who);
      const there = await environments().setHealing(scope, id, request.body.healing, actorOf(who, request.id));
      const row = there ? await environments().get(scope, id) : undefined;
      if (!row) throw notFound('environment');
      return environmentOf(row);
    },
  );
}
