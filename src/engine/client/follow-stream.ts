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

export interface FollowRules {
  readonly signal: AbortSignal;
  /** Told when it breaks off; it is taken up again. */
  readonly onBreak?: ((why: string) => void) | undefined;
  /** A stream that shows no sign of life for so long is taken for broken; a server gives one every 15 s. Milliseconds. */
  readonly silentMs?: number;
}

/** Streams that broke without a message between them, before it is given up: about a minute without a coordinator. */
const MAX_BREAKS = 10;
const SILENT_MS = 50_000;

/**
 * The messages of a stream of the API, to the one called `end` with it: a stream that breaks off is taken up after the last
 * message that came, at whichever coordinator answers there by then. `path` is below the server's address. Errors: those of
 * asking the first time, and what will not pass; OutsideError `stream-broken`.
 */
export async function* followStream(
  client: ApiClient,
  path: string,
  {signal, onBreak, silentMs = SILENT_MS}: FollowRules,
): AsyncGenerator<StreamMessage> {
  let last: string | undefined;
  let asked = false;
  for (let breaks = 0; breaks < MAX_BREAKS; breaks++) {
    if (breaks > 0) await after(Math.min(100 * 2 ** breaks, 5000), undefined, {signal});
    const silence = new Silence(silentMs);
    let why = 'the stream ended';
    try {
      const body = await open(client, path, {last, signal: AbortSignal.any([signal, silence.signal])});
      asked = true;
      const messages = body
        .pipeThrough(new TextDecoderStream())
        .pipeThrough(silence.watch())
        .pipeThrough(new EventSourceParserStream());
      for await (const {event = 'message', id, data} of messages) {
        if (event === 'stop') {
          why = reasonOf(data);
          continue;
        }
        last = id ?? last;
        breaks = 0;
        yield {event, data: JSON.parse(data)};
        if (event === 'end') return;
      }
    } catch (error) {
      if (signal.aborted || !(asked && passes(error, silence))) throw error;
      why = wordsOf(silence.signal.aborted ? silence.signal.reason : error);
    } finally {
      silence.end();
    }
    if (breaks === 0) onBreak?.(why);
  }
  const message = `the stream ${path} breaks off again and again`;
  throw new OutsideError({code: 'stream-broken', message, transient: true});
}

async function open(
  client: ApiClient,
  path: string,
  {last, signal}: {readonly last: string | undefined; readonly signal: AbortSignal},
): Promise<NonNullable<Response['body']>> {
  const headers = {Accept: 'text/event-stream', ...(last !== undefined && {'Last-Event-ID': last})};
  const response = await client.fetch(new Request(`${client.access.server}${path}`, {headers, signal}));
  if (response.ok && response.body) return response.body;
  throw serverProblem(response, await response.json().catch(() => undefined));
}

function reasonOf(data: string): string {
  const {reason} = JSON.parse(data) as {readonly reason?: string};
  return reason ?? 'the stream ended';
}

/** What fetch says of a lost connection is `terminated`; what was the matter is its cause. */
const wordsOf = ({message, cause}: Error): string => (cause instanceof Error ? cause.message : message);

/** The connection was lost in the middle (fetch says so with a TypeError), nobody answers, or the server is not well. */
const passes = (error: unknown, silence: Silence): boolean =>
  silence.signal.aborted || error instanceof TypeError || (error instanceof OutsideError && error.transient);

/** Ends a stream of which nothing is heard: of a lost connection one may never be told. */
class Silence {
  readonly #over = new AbortController();
  readonly #longestMs: number;
  #timer?: NodeJS.Timeout;

  constructor(longestMs: number) {
    this.#longestMs = longestMs;
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  watch(): TransformStream<string, string> {
    this.#again();
    return new TransformStream({
      transform: (chunk, controller) => {
        this.#again();
        controller.enqueue(chunk);
      },
    });
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #again(): void {
    clearTimeout(this.#timer);
    const why = new Error(`nothing was heard for ${this.#longestMs / 1000}s`);
    this.#timer = setTimeout(() => this.#over.abort(why), this.#longestMs);
  }
}
