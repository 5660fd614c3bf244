import type {WebSocket} from '@fastify/websocket';
import type {z} from 'zod';
import {invalidRequest, Refusal} from '../../coordinator/access/index.ts';
import {plainMessage} from '../../spec/plain-words.ts';
import {jsonBody} from '../request/json-body.ts';
import {socketRequest} from '../schemas/event.ts';

type Data = Parameters<NonNullable<WebSocket['onmessage']>>[0]['data'];

/** What a client asks for. Errors: Refusal 400. */
export function readRequest(data: Data): z.output<typeof socketRequest> {
  const value = jsonBody(bytesOf(data));
  const result = socketRequest.safeParse(value, {error: plainMessage, reportInput: true});
  if (result.success) return result.data;
  throw invalidRequest(result.error.issues.map(({path, message}) => ({code: 'invalid-value', detail: message, path})));
}

function bytesOf(data: Data): Buffer {
  if (Buffer.isBuffer(data)) return data;
  if (Array.isArray(data)) return Buffer.concat(data);
  if (data instanceof ArrayBuffer) return Buffer.from(data);
  throw new Refusal({status: 400, code: 'invalid-json', detail: 'the message is no JSON'});
}
