import {z} from 'zod';
import {notFound, scopeOf} from '../../coordinator/access/index.ts';
import type {ReplicaLine} from '../../coordinator/environments/environments.ts';
import type {LogRecord} from '../../log-sources.ts';
import {historyOf} from '../answers/environment.ts';
import type {ApiParts, ApiServer} from '../api-parts.ts';
import {preferred} from '../request/accepts.ts';
import {whoOf} from '../request/gate.ts';
import {servedStacks} from '../request/served-stacks.ts';
import {
  environmentParams,
  historyEntry,
  replicaLinesAnswer,
  replicaLogsQuery,
  replicasAnswer,
  replicasQuery,
} from '../schemas/environment.ts';
import {listOf, replicaPlace} from '../schemas/wire.ts';
import type {Message} from '../streams/server-sent.ts';
import {streamWhileWelcome, untilGone} from '../streams/until-gone.ts';

const tags = ['environments'];

/** What an environment runs, printed and was. */
export function environmentViewRoutes(server: ApiServer, parts: ApiParts): void {
  const environments = servedStacks(parts);

  server.get(
    '/v1/environments/:id/history',
    {
      schema: {
        operationId: 'readHistory',
        tags,
        summary: 'Read the history of an environment, oldest first: what `rollback` can go back to.',
        params: environmentParams,
        response: {200: listOf(historyEntry)},
      },
    },
    async request => {
      const entries = await environments().history(scopeOf(whoOf(request)), request.params.id);
      if (!entries) throw notFound('environment');
      return {items: entries.map(historyOf)};
    },
  );

  server.get(
    '/v1/environments/:id/replicas',
    {
      schema: {
        operationId: 'listReplicas',
        tags,
        summary: 'Look at the hosts: the replicas, how well they run and what they use.',
        params: environmentParams,
        querystring: replicasQuery,
        response: {200: replicasAnswer},
      },
    },
    async (request, reply) => {
      const signal = untilGone(reply.raw, parts.stopping);
      const options = {services: request.query.service, signal};
      const shown = await environments().replicas(scopeOf(whoOf(request)), request.params.id, options);
      if (!shown) throw notFound('environment');
      // As `niyanta ps --json` prints it; its type is wider than what the document promises of it.
      return shown as unknown as z.output<typeof replicasAnswer>;
    },
  );

  server.get(
    '/v1/environments/:id/logs',
    {
      schema: {
        operationId: 'readReplicaLogs',
        tags,
        summary: 'Read what replicas printed, in order of time; with `Accept: text/event-stream`, follow it.',
        description:
          'A stream has messages `line` (a ReplicaLine each), and `stop` with the reason why it breaks off; it goes on by Last-Event-ID, at any coordinator.',
        params: environmentParams,
        querystring: replicaLogsQuery,
        headers: replicaPlace,
        response: {
          200: {
            description: 'Lines.',
            content: {'application/json': {schema: replicaLinesAnswer}, 'text/event-stream': {schema: z.string()}},
          },
        },
      },
    },
    async (request, reply) => {
      const {service: services, ...some} = request.query;
      const after = request.headers['last-event-id'] || undefined;
      const open = async (follow: boolean, signal: AbortSignal) => {
        const options = {...some, services, follow, signal, ...(follow && {after})};
        const lines = await environments().logs(scopeOf(whoOf(request)), request.params.id, options);
        if (!lines) throw notFound('environment');
        return lines;
      };
      if (preferred(request.headers.accept, ['application/json', 'text/event-stream']) === 'text/event-stream') {
        return streamWhileWelcome(request, reply, parts, async signal => messagesOf(await open(true, signal)));
      }
      const items: LogRecord[] = [];
      for await (const {line} of await open(false, untilGone(reply.raw, parts.stopping))) {
        items.push(line);
        if (items.length === mostLines) break;
      }
      return reply.send({items});
    },
  );
}

/** Of one JSON answer. */
const mostLines = 100_000;

async function* messagesOf(lines: AsyncIterable<ReplicaLine>): AsyncGenerator<Message> {
  for await (const {id, line} of lines) yield {event: 'line', data: line, ...(id !== undefined && {id})};
}
