import {notFound, scopeOf, sees} from '../../coordinator/access/index.ts';
import {placeOf} from '../../coordinator/requests/line-cursor.ts';
import type {Reception} from '../../coordinator/requests/reception.ts';
import {workloadEvents} from '../../coordinator/requests/workload-events.ts';
import {workloadLines} from '../../coordinator/requests/workload-lines.ts';
import {asLongAsWelcome} from '../calls/as-long-as-welcome.ts';
import type {Caller, Methods} from '../calls/caller.ts';
import type {LogEntry, StreamLogsRequest} from '../messages.d.ts';
import {eventOf, lineOf} from '../wire/answers.ts';
import {count, stateText, word, workloadId, wrong} from '../wire/read-fields.ts';

export function followingMethods({
  coordinator,
  door,
}: Pick<Reception, 'coordinator' | 'door'>): Pick<Methods, 'StreamLogs' | 'WatchEvents'> {
  const {store} = coordinator;

  async function* logs(request: StreamLogsRequest, caller: Caller, signal: AbortSignal): AsyncGenerator<LogEntry> {
    const scope = scopeOf(caller.who);
    const row = await store.workload(scope, workloadId(request.id));
    if (row === undefined) throw notFound('workload');
    const attempt = count(request.attempt, 'attempt');
    const from = request.after === '' ? undefined : placeOf(request.after);
    if (!request.follow) {
      if (row.attempt === 0) return;
      const options = {follow: false, attempt: attempt ?? from?.attempt, after: from?.after, signal};
      for await (const line of (await coordinator.logs(scope, row.id, options)) ?? []) yield {line: lineOf(line)};
      return;
    }
    const lines = workloadLines(coordinator, scope, row.id, {attempt, from, signal});
    for (let next = await lines.next(); ; next = await lines.next()) {
      if (!next.done) yield {line: lineOf(next.value)};
      else if (next.value) return yield {end: {state: stateText(next.value.state), exitCode: next.value.exitCode}};
      else return;
    }
  }

  return {
    StreamLogs: (request, caller) => asLongAsWelcome(caller, door, signal => logs(request, caller, signal)),
    async *WatchEvents(request, caller) {
      const {types, after} = request;
      const workload = request.workload === '' ? undefined : workloadId(request.workload, ['workload']);
      if (types.length > 50) throw wrong(['types'], 'must have at most 50 entries');
      if (after !== undefined && !(after >= 0 && Number.isSafeInteger(after))) throw wrong(['after'], 'is no seq');
      const wish = {
        scope: scopeOf(caller.who),
        sees: (customer: string | undefined) => sees(caller.who, customer),
        workload,
        types: types.length > 0 ? types.map(type => word(type, 'types') ?? '') : undefined,
        after,
      };
      for await (const row of asLongAsWelcome(caller, door, signal => workloadEvents(coordinator, {...wish, signal}))) {
        yield eventOf(row);
      }
    },
  };
}
