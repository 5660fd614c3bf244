import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {UserError} from '../../spec/errors.ts';
import type {PrometheusMeasures} from './prometheus-measures.ts';

export interface ServedMetrics {
  /** `http://127.0.0.1:9465`. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * `GET /metrics`, for Prometheus, of a process that serves nothing else. It asks for no key: it is for addresses that only
 * those can reach who may read it. Errors: UserError `cannot-listen`.
 */
export async function serveMetrics(
  measures: PrometheusMeasures,
  {host, port}: {readonly host: string; readonly port: number},
): Promise<ServedMetrics> {
  const server = createServer(async ({method, url}, response) => {
    if (url?.split('?')[0] !== '/metrics') return response.writeHead(404).end();
    if (method !== 'GET' && method !== 'HEAD') return response.writeHead(405, {allow: 'GET, HEAD'}).end();
    return response.writeHead(200, {'content-type': measures.contentType}).end(await measures.text());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', cause => {
      const message = `cannot listen on ${host}:${port}: ${cause.message}`;
      reject(new UserError({code: 'cannot-listen', message, hint: 'Choose another address.', cause}));
    });
    server.listen({host, port}, resolve);
  });
  const {address, family, port: taken} = server.address() as AddressInfo;
  return {
    address: `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`,
    close() {
      server.closeAllConnections();
      return new Promise(resolve => server.close(() => resolve()));
    },
  };
}
