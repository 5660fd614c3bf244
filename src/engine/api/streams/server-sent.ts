import {once} from 'node:events';
import {PassThrough} from 'node:stream';
import type {FastifyReply} from 'fastify';

/** One message of a stream (WHATWG HTML, 9.2). */
export interface Message {
  readonly event?: string;
  readonly id?: string;
  readonly data: unknown;
}

export interface StreamRules {
  readonly heartbeatMs: number;
  /** Ends it early, with a message that says why. */
  readonly signal: AbortSignal;
}

/** Answers with messages as they come, at the pace of the reader, and comments as signs of life between them. */
export function sendMessages(reply: FastifyReply, messages: AsyncIterable<Message>, rules: StreamRules): FastifyReply {
  const stream = new PassThrough();
  const beat = setInterval(() => stream.write(':\n\n'), rules.heartbeatMs);
  stream.once('close', () => clearInterval(beat));
  void pump(stream, messages, rules.signal, error => reply.log.error({err: error}, 'a stream broke off'));
  return reply
    .type('text/event-stream; charset=utf-8')
    .headers({'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no'})
    .send(stream);
}

async function pump(
  stream: PassThrough,
  messages: AsyncIterable<Message>,
  signal: AbortSignal,
  broke: (error: unknown) => void,
): Promise<void> {
  stream.write(': niyanta\n\n');
  try {
    for await (const message of messages) {
      if (stream.destroyed) return;
      if (!stream.write(textOf(message))) await once(stream, 'drain', {signal});
    }
    if (signal.aborted) stream.write(textOf({event: 'stop', data: {reason: String(signal.reason)}}));
  } catch (error) {
    if (signal.aborted) stream.write(textOf({event: 'stop', data: {reason: String(signal.reason)}}));
    // The answer has begun: all that can be said is that it ended before its end.
    else {
      broke(error);
      stream.write(textOf({event: 'stop', data: {reason: 'the stream broke off; connect again'}}));
    }
  } finally {
    stream.end();
  }
}

/** JSON has no raw line breaks: one line of data is enough. */
const textOf = ({event, id, data}: Message): string =>
  `${id === undefined ? '' : `id: ${id}\n`}${event === undefined ? '' : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`;
