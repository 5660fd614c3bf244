import type {ServerResponse} from 'node:http';
import type {FastifyReply, FastifyRequest} from 'fastify';
import {credentialOf, whenUnwelcome} from '../../coordinator/access/index.ts';
import type {ApiParts} from '../api-parts.ts';
import {shownBy} from '../request/gate.ts';
import {type Message, sendMessages} from './server-sent.ts';

/** Aborted when the reader of an answer went away, or the API stops. */
export function untilGone(response: ServerResponse, stopping: AbortSignal): AbortSignal {
  const gone = new AbortController();
  const stop = () => gone.abort('the coordinator stops');
  stopping.addEventListener('abort', stop, {once: true});
  if (stopping.aborted) stop();
  response.once('close', () => {
    stopping.removeEventListener('abort', stop);
    gone.abort('the reader went away');
  });
  return gone.signal;
}

/** Answers with server-sent events as long as the reader is there, its key is good, and the API does not stop. */
export async function streamWhileWelcome(
  request: FastifyRequest,
  reply: FastifyReply,
  {settings, metrics, door, stopping}: ApiParts,
  open: (signal: AbortSignal) => Promise<AsyncIterable<Message>>,
): Promise<FastifyReply> {
  const gone = new AbortController();
  const end = (reason: string) => gone.abort(reason);
  const stop = () => end('the coordinator stops');
  // Errors of opening are answers of their own: nothing is counted or held before.
  const messages = await open(gone.signal);
  stopping.addEventListener('abort', stop, {once: true});
  const stopLooking = whenUnwelcome(credentialOf(shownBy(request)), door, () => end('the API key ended'));
  metrics.streams.inc();
  reply.raw.once('close', () => {
    end('the reader went away');
    stopLooking();
    stopping.removeEventListener('abort', stop);
    metrics.streams.dec();
  });
  return sendMessages(reply, messages, {heartbeatMs: settings.heartbeatMs, signal: gone.signal});
}
