import {z} from 'zod';
import {ownerAsked} from '../../coordinator/access/index.ts';
import {joinFile} from '../../coordinator/files/join-file.ts';
import {largestPart, missingFiles, putFile} from '../../coordinator/requests/put-file.ts';
import type {ApiParts, ApiServer} from '../api-parts.ts';
import {whoOf} from '../request/gate.ts';
import {fileAnswer, fileQuery, joinBody, missingAnswer, missingBody} from '../schemas/file.ts';
import {customerId} from '../schemas/wire.ts';

const tags = ['files'];
const forCustomer = {customer: customerId.optional().describe('Whose they are; for keys of the whole coordinator.')};

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
      return {missing: await missingFiles(store, owner, request.body.files)};
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
        return reply.code(201).send(await putFile(store, owner, request.body as Buffer, told));
      },
    );
  });
}
