import {invalidRequest, scopeAsked} from '../../coordinator/access/index.ts';
import type {Scope} from '../../coordinator/store/store.ts';
import {eventOf} from '../answers/event.ts';
import type {ApiParts, ApiServer} from '../api-parts.ts';
import {whoOf} from '../request/gate.ts';
import {auditQuery, eventAnswer} from '../schemas/event.ts';
import {customerId, pageOf} from '../schemas/wire.ts';

export function auditRoutes(server: ApiServer, {coordinator}: ApiParts): void {
  server.get(
    '/v1/audit',
    {
      schema: {
        operationId: 'readAudit',
        tags: ['audit'],
        summary: 'Read what happened: who did what, when, by which request.',
        querystring: auditQuery.extend({customer: customerId.optional()}),
        response: {200: pageOf(eventAnswer)},
      },
    },
    async request => {
      const {after, order, workload, type, limit, customer} = request.query;
      const scope: Scope = scopeAsked(whoOf(request), customer);
      const from = after === undefined ? undefined : numberOf(after);
      const newestFirst = order === 'newest';
      const rows = await coordinator.store.events(scope, {after: from, newestFirst, workload, types: type, limit});
      const last = rows.at(-1);
      return {items: rows.map(eventOf), next: rows.length === limit && last ? String(last.seq) : undefined};
    },
  );
}

/** The cursor is the number of the last event of the page before. */
function numberOf(cursor: string): number {
  const number = /^\d{1,15}$/.test(cursor) ? Number(cursor) : Number.NaN;
  if (Number.isNaN(number)) {
    throw invalidRequest([{code: 'invalid-cursor', detail: 'is not a `next` of this list', parameter: 'after'}]);
  }
  return number;
}
