import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {onTestFinished} from 'vitest';

export interface LossyServer {
  readonly address: string;
  /** Every request that arrived. */
  readonly asked: {readonly method: string; readonly url: string; readonly headers: IncomingMessage['headers']}[];
}

/** Answers the first request with the first of these, and so on; the last one again and again. */
export async function lossyServer(...answers: readonly ((response: ServerResponse) => void)[]): Promise<LossyServer> {
  const asked: LossyServer['asked'][number][] = [];
  const server = createServer((request, response) => {
    asked.push({method: request.method ?? '', url: request.url ?? '', headers: request.headers});
    request.resume().on('end', () => answers[Math.min(asked.length, answers.length) - 1]!(response));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>(resolve => void server.close(() => resolve()).closeAllConnections()));
  return {address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked};
}

export const lost = (response: ServerResponse): void => void response.socket?.destroy();

export const status =
  (code: number, headers: Record<string, string> = {}, body: object = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(code, {'Content-Type': 'application/json', ...headers}).end(JSON.stringify(body));

/** An event stream that breaks off behind these messages, ends, or is not heard of any more. */
export const stream =
  (text: string, end: 'breaks' | 'ends' | 'hangs') =>
  (response: ServerResponse): void => {
    response.writeHead(200, {'Content-Type': 'text/event-stream'});
    response.write(text, () => {
      if (end === 'breaks') response.socket?.destroy();
      if (end === 'ends') response.end();
    });
  };
