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
    const silence = new Silence(silentMs, signal);
    let why = 'the stream ended';
    try {
      if (asked) silence.heard();
      const body = await unlessOver(silence.signal, open(client, path, {last, signal: silence.signal}));
      asked = true;
      const messages = body
        .pipeThrough(new TextDecoderStream())
        .pipeThrough(silence.watch())
        .pipeThrough(new EventSourceParserStream());
      for await (const {event = 'message', id, data} of each(messages, silence.signal)) {
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

/**
 * The same, but over at once with the signal. fetch passes its signals on through weak references, of which garbage
 * collection may take one (nodejs/undici): an aborted request would then be waited for without end.
 */
function unlessOver<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const over = () => reject(signal.reason);
    if (signal.aborted) over();
    signal.addEventListener('abort', over, {once: true});
    const settled = () => signal.removeEventListener('abort', over);
    work.then(resolve, reject).finally(settled);
  });
}

/** What a stream brings until the signal; then its request is given up. */
async function* each<T>(stream: ReadableStream<T>, signal: AbortSignal): AsyncGenerator<T> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const {done, value} = await unlessOver(signal, reader.read());
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

/** Ends a stream of which nothing is heard, as of a lost connection one may never be told; and with whoever follows it. */
class Silence {
  readonly #over = new AbortController();
  readonly #longestMs: number;
  readonly #follower: AbortSignal;
  readonly #leave = () => this.#over.abort(this.#follower.reason);
  #timer?: NodeJS.Timeout;

  constructor(longestMs: number, follower: AbortSignal) {
    this.#longestMs = longestMs;
    this.#follower = follower;
    if (follower.aborted) this.#leave();
    follower.addEventListener('abort', this.#leave, {once: true});
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  watch(): TransformStream<string, string> {
    this.heard();
    return new TransformStream({
      transform: (chunk, controller) => {
        this.heard();
        controller.enqueue(chunk);
      },
    });
  }

  heard(): void {
    clearTimeout(this.#timer);
    const why = new Error(`nothing was heard for ${this.#longestMs / 1000}s`);
    this.#timer = setTimeout(() => this.#over.abort(why), this.#longestMs);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#follower.removeEventListener('abort', this.#leave);
  }
}
