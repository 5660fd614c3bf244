import {setTimeout as after} from 'node:timers/promises';
import {EventSourceParserStream} from 'eventsource-parser/stream';
import {OutsideError} from '../spec/errors.ts';
import type {ApiClient, Schemas} from './api-client.ts';
import {serverProblem} from './server-problem.ts';

export type ServerLogLine = Schemas['LogLine'];

interface FollowLogWish {
  readonly attempt?: number;
  readonly signal: AbortSignal;
}

/** Streams that broke without a line between them, before it is given up. */
const MAX_BREAKS = 10;

/**
 * What a workload prints, until it has ended: a stream that breaks off is taken up after the last line that came.
 * Errors: those of asking; OutsideError `log-broken`.
 */
export async function* followLog(client: ApiClient, id: string, wish: FollowLogWish): AsyncGenerator<ServerLogLine> {
  const {attempt, signal} = wish;
  const query = attempt === undefined ? '' : `?attempt=${attempt}`;
  const url = `${client.access.server}/v1/workloads/${encodeURIComponent(id)}/logs${query}`;
  let last: string | undefined;
  for (let breaks = 0; breaks < MAX_BREAKS; breaks++) {
    if (breaks > 0) await after(Math.min(100 * 2 ** breaks, 5000), undefined, {signal});
    const headers = {Accept: 'text/event-stream', ...(last !== undefined && {'Last-Event-ID': last})};
    const response = await client.fetch(new Request(url, {headers, signal}));
    if (!response.ok || !response.body) throw serverProblem(response, await response.json().catch(() => undefined));
    try {
      const messages = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
      for await (const {event, id: at, data} of messages) {
        if (event === 'end') return;
        if (event !== 'line') continue;
        last = at ?? last;
        breaks = 0;
        yield JSON.parse(data) as ServerLogLine;
      }
    } catch (error) {
      // The connection was lost in the middle: fetch says so with a TypeError.
      if (signal.aborted || !(error instanceof TypeError)) throw error;
    }
  }
  const message = `the log of ${id} breaks off again and again`;
  throw new OutsideError({code: 'log-broken', message, transient: true});
}
