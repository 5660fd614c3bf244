import type {ApiClient, Schemas} from './api-client.ts';
import {followStream} from './follow-stream.ts';

export type ServerLogLine = Schemas['LogLine'];

interface FollowLogWish {
  readonly attempt?: number;
  readonly signal: AbortSignal;
}

/**
 * What a workload prints, until it has ended: a stream that breaks off is taken up after the last line that came.
 * Errors: those of asking; OutsideError `stream-broken`.
 */
export async function* followLog(client: ApiClient, id: string, wish: FollowLogWish): AsyncGenerator<ServerLogLine> {
  const {attempt, signal} = wish;
  const query = attempt === undefined ? '' : `?attempt=${attempt}`;
  const path = `/v1/workloads/${encodeURIComponent(id)}/logs${query}`;
  for await (const {event, data} of followStream(client, path, {signal}))
    if (event === 'line') yield data as ServerLogLine;
}
