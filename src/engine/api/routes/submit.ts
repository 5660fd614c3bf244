import type {FastifyRequest} from 'fastify';
import {z} from 'zod';
import {ownerAsked} from '../../coordinator/access/index.ts';
import {type Submitting, submitBatch, submitOne} from '../../coordinator/requests/submissions.ts';
import {submitSplit} from '../../coordinator/requests/submit-split.ts';
import type {ApiParts, ApiServer} from '../api-parts.ts';
import {whoOf} from '../request/gate.ts';
import {idempotencyHeaders} from '../request/idempotency.ts';
import {traceparentIn} from '../request/trace-requests.ts';
import {writtenOf} from '../request/written.ts';
import {
  accepted,
  acceptedBatch,
  acceptedSplit,
  batchSubmission,
  splitSubmission,
  submission,
} from '../schemas/submission.ts';
import {customerId} from '../schemas/wire.ts';

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
        headers: idempotencyHeaders,
        querystring: query,
        body: submission,
        response: {200: accepted, 201: accepted},
      },
    },
    async (request, reply) => {
      const submitting = await submittingOf(request, request.query.customer, request.headers['idempotency-key']);
      const {id, seq, doubled} = await submitOne(parts, writtenOf(request.body), submitting);
      request.log.info(
        {requestId: request.id, workload: id, traceId: request.trace?.traceId, doubled},
        'a workload was accepted',
      );
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
        headers: idempotencyHeaders,
        querystring: query,
        body: batchSubmission,
        response: {200: acceptedBatch, 201: acceptedBatch},
      },
    },
    async (request, reply) => {
      const submitting = await submittingOf(request, request.query.customer, request.headers['idempotency-key']);
      const {workloads, batch: name} = request.body;
      const {batch, items: all} = await submitBatch(parts, workloads.map(writtenOf), {...submitting, batch: name});
      request.log.info(
        {requestId: request.id, batch, workloads: all.length, traceId: request.trace?.traceId},
        'a batch of workloads was accepted',
      );
      const items = all.map(({id, seq, doubled}) => ({id, seq, doubled}));
      return reply.code(items.every(({doubled}) => doubled) ? 200 : 201).send({batch, items});
    },
  );

  server.post(
    '/v1/workloads/split',
    {
      bodyLimit: settings.submissionLimit,
      schema: {
        operationId: 'submitSplit',
        tags: ['workloads'],
        summary: 'Submit one of several versions of a workload, by weight.',
        description: 'Which one follows from a hash of its name and the key: the same key gets the same version.',
        headers: idempotencyHeaders,
        querystring: query,
        body: splitSubmission,
        response: {200: acceptedSplit, 201: acceptedSplit},
      },
    },
    async (request, reply) => {
      const submitting = await submittingOf(request, request.query.customer, request.headers['idempotency-key']);
      const {variants, key} = request.body;
      const written = variants.map(({submission, weight}) => ({submission: writtenOf(submission), weight}));
      const {id, seq, doubled, version} = await submitSplit(parts, written, {...submitting, key});
      return reply.code(doubled ? 200 : 201).send({id, seq, doubled, version});
    },
  );

  async function submittingOf(
    request: FastifyRequest,
    customer: string | undefined,
    idempotencyKey: string | undefined,
  ): Promise<Submitting> {
    const who = whoOf(request);
    const owner = await ownerAsked(who, customer, parts);
    return {
      who,
      requestId: request.id,
      ...traceparentIn(request),
      owner,
      ...(idempotencyKey !== undefined && {idempotencyKey}),
    };
  }
}
