import type {FastifyRequest} from 'fastify';
import {z} from 'zod';
import {ownerAsked} from '../../coordinator/access/index.ts';
import {type Submitting, submitBatch, submitOne} from '../../coordinator/requests/submissions.ts';
import type {ApiParts, ApiServer} from '../api-parts.ts';
import {whoOf} from '../request/gate.ts';
import {writtenOf} from '../request/written.ts';
import {accepted, acceptedBatch, batchSubmission, submission} from '../schemas/submission.ts';
import {customerId} from '../schemas/wire.ts';

/** Others of a request's headers stay as they are. */
const headers = z.looseObject({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 visible ASCII characters')
    .optional()
    .describe('The same key with the same content gives the workload of then, and 200 in place of 201.'),
});

const query = z.strictObject({
  customer: customerId.optional().describe('For whom; for keys of the whole coordinator. `default` when not given.'),
});

export function submitRoutes(server: ApiServer, parts: ApiParts): void {
  const {settings} = parts;

  server.post(
    '/v1/workloads',
    {
      bodyLimit: settings.submissionLimit,
      schema: {
        operationId: 'submitWorkload',
        tags: ['workloads'],
        summary: 'Submit a workload.',
        description: 'Durable when it answers. 200 in place of 201 when it was submitted before, with the same key.',
        headers,
        querystring: query,
        body: submission,
        response: {200: accepted, 201: accepted},
      },
    },
    async (request, reply) => {
      const submitting = await submittingOf(request, request.query.customer, request.headers['idempotency-key']);
      const {id, seq, doubled} = await submitOne(parts, writtenOf(request.body), submitting);
      return reply
        .code(doubled ? 200 : 201)
        .header('Location', `/v1/workloads/${id}`)
        .send({id, seq, doubled});
    },
  );

  server.post(
    '/v1/workloads/batch',
    {
      bodyLimit: settings.submissionLimit,
      schema: {
        operationId: 'submitBatch',
        tags: ['workloads'],
        summary: 'Submit many workloads: all of them or none, in their order.',
        description: 'An `after` may name workloads of the same batch.',
        headers,
        querystring: query,
        body: batchSubmission,
        response: {200: acceptedBatch, 201: acceptedBatch},
      },
    },
    async (request, reply) => {
      const submitting = await submittingOf(request, request.query.customer, request.headers['idempotency-key']);
      const {workloads, batch: name} = request.body;
      const {batch, items: all} = await submitBatch(parts, workloads.map(writtenOf), {...submitting, batch: name});
      const items = all.map(({id, seq, doubled}) => ({id, seq, doubled}));
      return reply.code(items.every(({doubled}) => doubled) ? 200 : 201).send({batch, items});
    },
  );

  async function submittingOf(
    request: FastifyRequest,
    customer: string | undefined,
    idempotencyKey: string | undefined,
  ): Promise<Submitting> {
    const who = whoOf(request);
    const owner = await ownerAsked(who, customer, parts);
    return {who, requestId: request.id, owner, ...(idempotencyKey !== undefined && {idempotencyKey})};
  }
}
