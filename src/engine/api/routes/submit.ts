import {randomBytes} from 'node:crypto';
import {z} from 'zod';
import type {ApiParts, ApiServer} from '../api-parts.ts';
import {ownerAsked} from '../request/scope-of.ts';
import {batchNameOf, submissionOf} from '../request/submissions.ts';
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
  const {coordinator, settings, pending, metrics, reader} = parts;

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
      const owner = await ownerAsked(request, request.query.customer, parts);
      const idempotencyKey = request.headers['idempotency-key'];
      const around = {request, owner, coordinator, reader, idempotencyKey, path: []};
      const one = await submissionOf(request.body, around);
      await pending.admit(owner, 1);
      const before = performance.now();
      const [{id, seq, doubled}] = (await coordinator.submit([one])) as [{id: string; seq: number; doubled: boolean}];
      metrics.submitted(owner.id, doubled ? 0 : 1, performance.now() - before);
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
      const owner = await ownerAsked(request, request.query.customer, parts);
      const key = request.headers['idempotency-key'];
      const made = key === undefined ? `batch-${randomBytes(12).toString('hex')}` : batchNameOf(owner.id, key);
      const batch = request.body.batch ?? made;
      const submissions = await Promise.all(
        request.body.workloads.map((body, index) =>
          submissionOf(body, {
            request,
            owner,
            coordinator,
            reader,
            batch,
            idempotencyKey: key === undefined ? undefined : `${key}/${index}`,
            path: ['workloads', index],
          }),
        ),
      );
      await pending.admit(owner, submissions.length);
      const before = performance.now();
      const all = await coordinator.submit(submissions);
      const fresh = all.filter(({doubled}) => !doubled).length;
      metrics.submitted(owner.id, fresh, performance.now() - before);
      const items = all.map(({id, seq, doubled}) => ({id, seq, doubled}));
      return reply.code(fresh > 0 ? 201 : 200).send({batch, items});
    },
  );
}
