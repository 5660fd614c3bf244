import type {Socket} from 'node:net';
import {Refusal} from '../../coordinator/access/index.ts';
import {problemOf} from '../../coordinator/requests/problem-of.ts';
import {requestIdOf} from '../../coordinator/requests/request-id.ts';

const REASONS: Readonly<Record<string, readonly [status: number, code: string, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'headers-too-large', 'the headers are larger than is taken here'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'request-timeout', 'the request took too long to arrive'],
};

/** What is no HTTP, or too slow, or too much: there is no request to answer, only a connection. */
export function refuseConnection(error: Error & {readonly code?: string}, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [status, code, detail] = REASONS[error.code ?? ''] ?? [
    400,
    'malformed-request',
    'this is no valid HTTP request',
  ];
  const {problem} = problemOf(new Refusal({status, code, detail}), requestIdOf(undefined));
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${status} ${problem.title}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${problem.requestId}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
