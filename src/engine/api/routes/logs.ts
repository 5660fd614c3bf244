import type {FastifyReply, FastifyRequest} from 'fastify';
import {z} from 'zod';
import {notFound, scopeOf} from '../../coordinator/access/index.ts';
import type {LogLine} from '../../coordinator/log-line.ts';
import {cursorOf, placeOf} from '../../coordinator/requests/line-cursor.ts';
import {workloadLines} from '../../coordinator/requests/workload-lines.ts';
import type {WorkloadRow} from '../../coordinator/store/store.ts';
import type {ApiParts, ApiServer} from '../api-parts.ts';
import {preferred} from '../request/accepts.ts';
import {whoOf} from '../request/gate.ts';
import {logsAnswer, logsQuery} from '../schemas/logs.ts';
import {lastEventId} from '../schemas/wire.ts';
import {workloadParams} from '../schemas/workload.ts';
import type {Message} from '../streams/server-sent.ts';
import {streamWhileWelcome} from '../streams/until-gone.ts';

export function logRoutes(server: ApiServer, parts: ApiParts): void {
  const {coordinator} = parts;

  server.get(
    '/v1/workloads/:id/logs',
    {
      schema: {
        operationId: 'readLogs',
        tags: ['workloads'],
        summary: 'Read what a workload printed; with `Accept: text/event-stream`, follow it until it has ended.',
        description:
          'A stream has messages `line` (a LogLine each), and at last `end` with state and exitCode, or `stop` with the reason why it breaks off; it goes on by Last-Event-ID.',
        params: workloadParams,
        querystring: logsQuery,
        headers: lastEventId,
        response: {
          200: {
            description: 'Lines.',
            content: {'application/json': {schema: logsAnswer}, 'text/event-stream': {schema: z.string()}},
          },
        },
      },
    },
    async (request, reply) => {
      const {id} = request.params;
      const {after, attempt, limit} = request.query;
      const scope = scopeOf(whoOf(request));
      const row = await coordinator.store.workload(scope, id);
      if (row === undefined) throw notFound('workload');
      const streams =
        preferred(request.headers.accept, ['application/json', 'text/event-stream']) !== 'application/json';
      const cursor = (streams ? request.headers['last-event-id'] : undefined) ?? after;
      const from = cursor === undefined || cursor === '' ? undefined : placeOf(cursor);
      if (streams) return follow({request, reply, row, attempt, from}, parts);
      const gone = new AbortController();
      const options = {follow: false, attempt: attempt ?? from?.attempt, after: from?.after, signal: gone.signal};
      const items = row.attempt === 0 ? [] : await some(await coordinator.logs(scope, id, options), limit);
      const last = items.at(-1);
      return reply.send({items, next: last?.id ?? cursor});
    },
  );
}

interface Following {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly row: WorkloadRow;
  readonly attempt?: number;
  readonly from?: {readonly attempt: number; readonly after: string};
}

function follow({request, reply, row, attempt, from}: Following, parts: ApiParts): Promise<FastifyReply> {
  const scope = scopeOf(whoOf(request));
  return streamWhileWelcome(request, reply, parts, async signal =>
    messagesOf(workloadLines(parts.coordinator, scope, row.id, {attempt, from, signal})),
  );
}

async function* messagesOf(lines: AsyncGenerator<LogLine, WorkloadRow | undefined>): AsyncGenerator<Message> {
  for (;;) {
    const {value, done} = await lines.next();
    if (!done) yield {event: 'line', id: cursorOf(value), data: answerOf(value)};
    else if (value) return yield {event: 'end', data: {state: value.state, exitCode: value.exitCode}};
    else return;
  }
}

async function some(lines: AsyncIterable<LogLine> | undefined, limit: number) {
  const items: ReturnType<typeof answerOf>[] = [];
  for await (const line of lines ?? []) {
    items.push(answerOf(line));
    if (items.length === limit) break;
  }
  return items;
}

const answerOf = (line: LogLine) => {
  const {at, stream, text, attempt} = line;
  return {id: cursorOf(line), at, stream, text, attempt};
};
