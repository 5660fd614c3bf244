import type {IncomingMessage} from 'node:http';
import {isIP} from 'node:net';
import type {Duplex} from 'node:stream';
import {connect, rootCertificates} from 'node:tls';
import {argv} from '../../hosts/command.ts';
import type {Connection} from '../../hosts/connection.ts';

export interface Response {
  readonly status: number;
  /** One value of a header, the name in lower case. */
  header(name: string): string | undefined;
  readonly body: string;
}

/** Registries answer with small JSON; more than this is not one. */
const mostBody = 4 * 1024 * 1024;
const timeoutMs = 30_000;

/**
 * One HTTP request as the host would make it: through its network, with its certificate authorities. The headers
 * never leave this process and the encrypted connection. Redirects are not followed.
 */
export async function requestThroughHost(
  connection: Connection,
  url: URL,
  options: {readonly method: 'GET' | 'HEAD'; readonly headers: Readonly<Record<string, string>>},
): Promise<Response> {
  const secure = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const tunnel = await connection.dial(host, Number(url.port || (secure ? 443 : 80)), 10_000);
  try {
    const socket: Duplex = secure
      ? connect({socket: tunnel, ...(isIP(host) ? {host} : {servername: host}), ca: await authorities(connection)})
      : tunnel;
    return await exchange(socket, url, options);
  } finally {
    tunnel.destroy();
  }
}

async function exchange(
  socket: Duplex,
  url: URL,
  {method, headers}: {readonly method: string; readonly headers: Readonly<Record<string, string>>},
): Promise<Response> {
  // Only now: loading it takes 15 ms, and most commands ask no registry.
  const {request} = await import('node:http');
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    const sent = request(
      {
        method,
        host: url.hostname,
        path: url.pathname + url.search,
        headers: {...headers, Host: url.host, Connection: 'close'},
        createConnection: () => socket,
        signal: AbortSignal.timeout(timeoutMs),
      },
      response => {
        body(response).then(
          text =>
            resolve({
              status: response.statusCode ?? 0,
              header: name => String(response.headers[name] ?? '') || undefined,
              body: text,
            }),
          reject,
        );
      },
    );
    sent.once('error', reject);
    sent.end();
  });
}

async function body(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += (chunk as Buffer).length;
    if (size > mostBody) throw new Error('the answer is too long');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Where distributions keep them: Debian and Alpine, Fedora. */
const bundles = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt'];

async function authorities(connection: Connection): Promise<string[]> {
  for (const bundle of bundles) {
    const found = await connection.run(argv('cat', bundle));
    if (found.code === 0) return [...rootCertificates, found.stdout];
  }
  return [...rootCertificates];
}
