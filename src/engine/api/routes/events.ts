import {z} from 'zod';
import {Refusal} from '../../coordinator/access/index.ts';
import type {ApiParts, ApiServer} from '../api-parts.ts';
import {serveEvents} from '../streams/event-socket.ts';

const description = `A WebSocket (RFC 6455); the key goes into the Authorization header of its request.

The client sends \`{"op": "subscribe", "id": "a", "workload": "…", "types": ["…"], "after": 123}\` (\`workload\`, \`types\` and
\`after\` may be left out) and \`{"op": "unsubscribe", "id": "a"}\`. The server sends \`subscribed\`, \`unsubscribed\`,
\`{"op": "event", "subscriptions": ["a"], "event": Event}\`, \`caught-up\` when all that was before has been sent, and
\`{"op": "error", "problem": Problem}\`. It closes with 1001 when it stops, 1008 when the key ended, 1013 when the client is
too slow; the client connects again and goes on with \`after\`.`;

export function eventRoutes(server: ApiServer, parts: ApiParts): void {
  let open = 0;
  server.route({
    method: 'GET',
    url: '/v1/events',
    exposeHeadRoute: false,
    schema: {
      operationId: 'watchEvents',
      tags: ['events'],
      summary: 'Watch what happens, by WebSocket.',
      description,
      response: {
        101: {description: 'The connection is a WebSocket now.', content: {'application/json': {schema: z.any()}}},
      },
    },
    preHandler: async request => {
      if (request.ws && open >= parts.settings.maxSockets) {
        throw new Refusal({status: 503, code: 'too-many-sockets', detail: 'too many WebSockets are open here'});
      }
    },
    handler: async () => {
      throw new Refusal({
        status: 426,
        code: 'needs-websocket',
        detail: 'this is a WebSocket; GET /v1/audit has events as a list',
        headers: {Upgrade: 'websocket', Connection: 'Upgrade'},
      });
    },
    wsHandler: (socket, request) => {
      open++;
      socket.once('close', () => open--);
      serveEvents(socket, request, parts);
    },
  });
}
