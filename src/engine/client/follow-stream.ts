import {setTimeout as after} from 'node:timers/promises';
import {EventSourceParserStream} from 'eventsource-parser/stream';
import {OutsideError} from '../spec/errors.ts';
import type {ApiClient} from './api-client.ts';
import {serverProblem} from './server-problem.ts';

/** One message of a stream of server-sent events. */
export interface StreamMessage {
  readonly event: string;
  readonly data: unknown;
}

/** Streams that broke without a message between them, before it is given up. */
const MAX_BREAKS = 10;

/**
 * The messages of a stream of the API, to the one called `end` with it: a stream that breaks off is taken up after the last
 * message that came. `path` is below the server's address. Errors: those of asking; OutsideError `stream-broken`.
 */
export async function* followStream(
  client: ApiClient,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<StreamMessage> {
  const url = `${client.access.server}${path}`;
  let last: string | undefined;
  for (let breaks = 0; breaks < MAX_BREAKS; breaks++) {
    if (breaks > 0) await after(Math.min(100 * 2 ** breaks, 5000), undefined, {signal});
    const headers = {Accept: 'text/event-stream', ...(last !== undefined && {'Last-Event-ID': last})};
    const response = await client.fetch(new Request(url, {headers, signal}));
    if (!response.ok || !response.body) throw serverProblem(response, await response.json().catch(() => undefined));
    try {
      const messages = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
      for await (const {event = 'message', id, data} of messages) {
        if (event === 'stop') continue;
        last = id ?? last;
        breaks = 0;
        yield {event, data: JSON.parse(data)};
        if (event === 'end') return;
      }
    } catch (error) {
      // The connection was lost in the middle: fetch says so with a TypeError.
      if (signal.aborted || !(error instanceof TypeError)) throw error;
    }
  }
  const message = `the stream ${path} breaks off again and again`;
  throw new OutsideError({code: 'stream-broken', message, transient: true});
}
