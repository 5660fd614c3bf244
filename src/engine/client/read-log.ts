import {type ApiClient, answerOf, type Schemas} from './api-client.ts';
import type {ServerLogLine} from './follow-log.ts';

/** What a workload has printed until now, page by page. Errors: those of the server. */
export async function* readLog(
  {api}: ApiClient,
  id: string,
  {attempt, signal}: {readonly attempt?: number; readonly signal: AbortSignal},
): AsyncGenerator<ServerLogLine> {
  let after: string | undefined;
  for (;;) {
    const query = {limit: 1000, ...(attempt !== undefined && {attempt}), ...(after !== undefined && {after})};
    const page = await answerOf(api.GET('/v1/workloads/{id}/logs', {params: {path: {id}, query}, signal}));
    // The same operation streams, where it is asked for that.
    const {items, next} = page as Schemas['Logs'];
    yield* items;
    if (items.length < query.limit || next === undefined) return;
    after = next;
  }
}
