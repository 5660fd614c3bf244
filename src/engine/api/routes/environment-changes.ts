import {z} from 'zod';
import {notFound, scopeOf} from '../../coordinator/access/index.ts';
import type {ChangeEvent, ChangeRow} from '../../coordinator/environments/environments.ts';
import {changeOf} from '../answers/environment.ts';
import type {ApiParts, ApiServer} from '../api-parts.ts';
import {whoOf} from '../request/gate.ts';
import {servedStacks} from '../request/served-stacks.ts';
import {changeAnswer, changeParams, changesQuery, environmentParams, eventsQuery} from '../schemas/environment.ts';
import {lastEventId, pageOf} from '../schemas/wire.ts';
import type {Message} from '../streams/server-sent.ts';
import {streamWhileWelcome} from '../streams/until-gone.ts';

const tags = ['environments'];

/** What was asked of environments, and what came of it. */
export function environmentChangeRoutes(server: ApiServer, parts: ApiParts): void {
  const environments = servedStacks(parts);

  server.get(
    '/v1/environments/:id/changes',
    {
      schema: {
        operationId: 'listChanges',
        tags,
        summary: 'List what was asked of an environment, newest first; healings, too.',
        params: environmentParams,
        querystring: changesQuery,
        response: {200: pageOf(changeAnswer)},
      },
    },
    async request => {
      const page = await environments().changes(scopeOf(whoOf(request)), request.params.id, request.query);
      if (!page) throw notFound('environment');
      return {items: page.items.map(changeOf), next: page.next};
    },
  );

  server.get(
    '/v1/environments/:id/changes/:change',
    {
      schema: {
        operationId: 'getChange',
        tags,
        summary: 'Show a change: where it is, and how it ended.',
        params: changeParams,
        response: {200: changeAnswer},
      },
    },
    async request => {
      const {id, change} = request.params;
      const row = await environments().change(scopeOf(whoOf(request)), id, change);
      if (!row) throw notFound('change');
      return changeOf(row);
    },
  );

  server.get(
    '/v1/environments/:id/changes/:change/events',
    {
      schema: {
        operationId: 'readChangeEvents',
        tags,
        summary: 'Follow what happens in a change, from its beginning to its end.',
        description:
          'Server-sent events: `event` (a ChangeEvent each), and at last `end` with the Change, or `stop` with the reason why it breaks off; it goes on by Last-Event-ID. Of a change that has ended: all of it, as long as it is kept.',
        params: changeParams,
        querystring: eventsQuery,
        headers: lastEventId,
        response: {200: {description: 'Events.', content: {'text/event-stream': {schema: z.string()}}}},
      },
    },
    async (request, reply) => {
      const {id, change} = request.params;
      const scope = scopeOf(whoOf(request));
      const after = numberIn(request.headers['last-event-id']) ?? request.query.after;
      return streamWhileWelcome(request, reply, parts, async signal => {
        const events = await environments().follow(scope, id, change, {after, signal});
        if (!events) throw notFound('change');
        return messagesOf(events, () => environments().change(scope, id, change));
      });
    },
  );
}

async function* messagesOf(
  events: AsyncIterable<ChangeEvent>,
  read: () => Promise<ChangeRow | undefined>,
): AsyncGenerator<Message> {
  for await (const {id, event} of events) yield {event: 'event', id: String(id), data: {id, event}};
  const row = await read();
  if (row?.state === 'done' || row?.state === 'failed') yield {event: 'end', data: changeOf(row)};
}

const numberIn = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
