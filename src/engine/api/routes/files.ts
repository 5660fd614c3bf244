import {createHash} from 'node:crypto';
import {z} from 'zod';
import {ownerAsked, Refusal} from '../../coordinator/access/index.ts';
import {joinFile} from '../../coordinator/files/join-file.ts';
import type {ApiParts, ApiServer} from '../api-parts.ts';
import {whoOf} from '../request/gate.ts';
import {fileAnswer, fileQuery, joinBody, largestPart, missingAnswer, missingBody} from '../schemas/file.ts';
import {customerId} from '../schemas/wire.ts';

const tags = ['files'];
const forCustomer = {customer: customerId.optional().describe('Whose they are; for keys of the whole coordinator.')};

/** What a customer may have together, unless `limits.files` says otherwise. Bytes. */
const mostFiles = 16 * 2 ** 30;

/** Contents that submissions refer to: images and large input files, each sent once. */
export function fileRoutes(server: ApiServer, parts: ApiParts): void {
  const {store} = parts.coordinator;
  contentRoute(server, parts);

  server.post(
    '/v1/files/join',
    {
      schema: {
        operationId: 'joinFile',
        tags,
        summary: 'Make one file of parts that were sent.',
        querystring: z.strictObject(forCustomer),
        body: joinBody,
        response: {201: fileAnswer},
      },
    },
    async (request, reply) => {
      const owner = await ownerAsked(whoOf(request), request.query.customer, parts);
      const {sha256, size} = await joinFile(store, owner.id, request.body);
      return reply.code(201).send({sha256, size});
    },
  );

  server.post(
    '/v1/files/missing',
    {
      schema: {
        operationId: 'missingFiles',
        tags,
        summary: 'Ask which of these files are not here; those that are stay for another day.',
        querystring: z.strictObject(forCustomer),
        body: missingBody,
        response: {200: missingAnswer},
      },
    },
    async request => {
      const owner = await ownerAsked(whoOf(request), request.query.customer, parts);
      const asked = [...new Set(request.body.files)];
      const there = new Set((await store.files(owner.id, asked)).map(({sha256}) => sha256));
      return {missing: asked.filter(sha256 => !there.has(sha256))};
    },
  );
}

/** Bytes as they are: no other route takes them. */
function contentRoute(server: ApiServer, parts: ApiParts): void {
  const {store} = parts.coordinator;
  server.register(async inner => {
    const octets = inner as ApiServer;
    octets.removeAllContentTypeParsers();
    octets.addContentTypeParser('application/octet-stream', {parseAs: 'buffer'}, (_, body, done) => done(null, body));
    octets.post(
      '/v1/files',
      {
        bodyLimit: largestPart,
        schema: {
          operationId: 'putFile',
          tags,
          summary: 'Send a file, or a part of one, of at most 4 MiB.',
          description: 'Kept while something refers to it, and for a day. Sent again it is the same file.',
          querystring: z.strictObject({...forCustomer, ...fileQuery}),
          consumes: ['application/octet-stream'],
          body: z.instanceof(Uint8Array, {message: 'must be bytes'}),
          response: {201: fileAnswer},
        },
      },
      async (request, reply) => {
        const {customer, sha256: told} = request.query;
        const owner = await ownerAsked(whoOf(request), customer, parts);
        const content = request.body as Buffer;
        if (told !== undefined && told !== hashOf(content)) throw otherContent(told);
        const {sha256, size} = await store.putFile(owner.id, content, owner.limits.files ?? mostFiles);
        return reply.code(201).send({sha256, size});
      },
    );
  });
}

const otherContent = (told: string): Refusal =>
  new Refusal({
    status: 422,
    code: 'wrong-content',
    detail: `the content is not ${told}`,
    hint: 'It was changed on its way, or while it was read: send it again.',
  });

const hashOf = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');
