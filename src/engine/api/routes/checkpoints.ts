import {z} from 'zod';
import {actorOf, notFound, scopeOf} from '../../coordinator/access/index.ts';
import {restoreCheckpoint} from '../../coordinator/requests/restore-checkpoint.ts';
import {checkpointOf} from '../answers/checkpoint.ts';
import {workloadOf} from '../answers/workload.ts';
import type {ApiParts, ApiServer} from '../api-parts.ts';
import {whoOf} from '../request/gate.ts';
import {idempotencyHeaders} from '../request/idempotency.ts';
import {checkpointAnswer, checkpointParams, restoreBody} from '../schemas/checkpoint.ts';
import {listOf} from '../schemas/wire.ts';
import {workloadAnswer, workloadParams} from '../schemas/workload.ts';

const tags = ['checkpoints'];

export function checkpointRoutes(server: ApiServer, parts: ApiParts): void {
  const {coordinator} = parts;
  restoreRoute(server, parts);
  const {store} = coordinator;

  server.post(
    '/v1/workloads/:id/checkpoint',
    {
      schema: {
        operationId: 'takeCheckpoint',
        tags,
        summary: 'Have a running workload write a checkpoint, and wait until it is stored.',
        params: workloadParams,
        response: {201: checkpointAnswer},
      },
    },
    async (request, reply) => {
      const who = whoOf(request);
      const row = await coordinator.checkpointNow(scopeOf(who), request.params.id, actorOf(who, request.id));
      if (row === undefined) throw notFound('workload');
      return reply
        .code(201)
        .header('Location', `/v1/workloads/${row.workload}/checkpoints/${row.number}`)
        .send(checkpointOf(row));
    },
  );

  server.get(
    '/v1/workloads/:id/checkpoints',
    {
      schema: {
        operationId: 'listCheckpoints',
        tags,
        summary: 'List the checkpoints of a workload, newest first.',
        params: workloadParams,
        response: {200: listOf(checkpointAnswer)},
      },
    },
    async request => {
      const scope = scopeOf(whoOf(request));
      if ((await store.workload(scope, request.params.id)) === undefined) throw notFound('workload');
      return {items: (await store.checkpoints(scope, request.params.id)).map(checkpointOf)};
    },
  );

  server.get(
    '/v1/workloads/:id/checkpoints/:number',
    {
      schema: {
        operationId: 'getCheckpoint',
        tags,
        summary: 'Download the files of a checkpoint, checked, as a tar.',
        params: checkpointParams,
        response: {200: {description: 'A tar.', content: {'application/x-tar': {schema: z.any()}}}},
      },
    },
    async (request, reply) => {
      const {id, number} = request.params;
      const files = await coordinator.openCheckpoint(scopeOf(whoOf(request)), id, number);
      if (files === undefined) throw notFound('checkpoint');
      return reply
        .type('application/x-tar')
        .header('Content-Disposition', `attachment; filename="${id}-${number}.tar"`)
        .send(files);
    },
  );
}

function restoreRoute(server: ApiServer, parts: ApiParts): void {
  server.post(
    '/v1/workloads/:id/restore',
    {
      schema: {
        operationId: 'restoreCheckpoint',
        tags,
        summary: 'Have a workload begin again from a checkpoint, or a new one begin from it.',
        description:
          'A workload that is PAUSED, RETRYING, FAILED or CANCELLED begins again, and its later checkpoints are set aside. ' +
          'With `new`, a copy of it is submitted, which begins from a copy of the checkpoint.',
        headers: idempotencyHeaders,
        params: workloadParams,
        body: restoreBody,
        response: {200: workloadAnswer, 201: workloadAnswer},
      },
    },
    async (request, reply) => {
      const who = whoOf(request);
      const {number, new: asNew} = request.body;
      const wish = {id: request.params.id, number, asNew, idempotencyKey: request.headers['idempotency-key']};
      const row = await restoreCheckpoint(parts, who, wish, actorOf(who, request.id));
      if (asNew) reply.header('Location', `/v1/workloads/${row.id}`);
      return reply.code(asNew ? 201 : 200).send(workloadOf(row));
    },
  );
}
