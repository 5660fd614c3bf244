import {notFound, scopeOf} from '../../coordinator/access/index.ts';
import type {Reception} from '../../coordinator/requests/reception.ts';
import {asLongAsWelcome} from '../calls/as-long-as-welcome.ts';
import type {Caller, Methods} from '../calls/caller.ts';
import type {ChangeEntry, ReplicaLine, StreamReplicaLogsRequest, WatchChangeRequest} from '../messages.d.ts';
import {changeOf, historyOf, replicaLineOf, replicasOf} from '../wire/environment.ts';
import {environmentId, serviceNames, timeText} from '../wire/read-environment.ts';
import {count, page, wrong} from '../wire/read-fields.ts';
import {structOf} from '../wire/well-known.ts';
import {servedStacks} from './environments.ts';

/** What was asked of environments, what came of it, and what their replicas print. */
export function environmentViewMethods(
  reception: Reception,
): Pick<Methods, 'ListChanges' | 'GetChange' | 'WatchChange' | 'ReadHistory' | 'ListReplicas' | 'StreamReplicaLogs'> {
  const environments = servedStacks(reception);
  const {door} = reception;

  async function* eventsOf(
    {id, number, after}: WatchChangeRequest,
    {who}: Caller,
    signal: AbortSignal,
  ): AsyncGenerator<ChangeEntry> {
    const scope = scopeOf(who);
    const options = {after: count(after, 'after'), signal};
    const events = await environments().follow(scope, environmentId(id), changeNumber(number), options);
    if (!events) throw notFound('change');
    for await (const {id: event, event: what} of events) {
      yield {event: {id: event, event: structOf(JSON.parse(JSON.stringify(what)))}};
    }
    const row = await environments().change(scope, id, number);
    if (row?.state === 'done' || row?.state === 'failed') yield {end: changeOf(row)};
  }

  async function* linesOf(
    {id, services, tail, since, follow}: StreamReplicaLogsRequest,
    {who}: Caller,
    signal: AbortSignal,
  ): AsyncGenerator<ReplicaLine> {
    const lines = await environments().logs(scopeOf(who), environmentId(id), {
      ...(services.length > 0 && {services: serviceNames(services, 'services')}),
      tail: count(tail, 'tail'),
      since: timeText(since, 'since'),
      follow,
      signal,
    });
    if (!lines) throw notFound('environment');
    for await (const {line} of lines) yield replicaLineOf(line);
  }

  return {
    async ListChanges(request, {who}) {
      const found = await environments().changes(scopeOf(who), environmentId(request.id), page(request));
      if (!found) throw notFound('environment');
      return {changes: found.items.map(changeOf), nextPageToken: found.next ?? ''};
    },
    async GetChange({id, number}, {who}) {
      const row = await environments().change(scopeOf(who), environmentId(id), changeNumber(number));
      if (!row) throw notFound('change');
      return changeOf(row);
    },
    async ReadHistory({id}, {who}) {
      const entries = await environments().history(scopeOf(who), environmentId(id));
      if (!entries) throw notFound('environment');
      return {entries: entries.map(historyOf)};
    },
    async ListReplicas({id, services}, {who, signal}) {
      const wanted = services.length > 0 ? {services: serviceNames(services, 'services')} : {};
      const shown = await environments().replicas(scopeOf(who), environmentId(id), {...wanted, signal});
      if (!shown) throw notFound('environment');
      return replicasOf(shown);
    },
    WatchChange: (request, caller) => asLongAsWelcome(caller, door, signal => eventsOf(request, caller, signal)),
    StreamReplicaLogs: (request, caller) => asLongAsWelcome(caller, door, signal => linesOf(request, caller, signal)),
  };
}

function changeNumber(number: number): number {
  if (number < 1) throw wrong(['number'], 'must be at least 1');
  return number;
}
