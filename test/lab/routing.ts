import {readFile} from 'node:fs/promises';
import {request} from 'node:http';
import {connect} from 'node:http2';
import {text} from 'node:stream/consumers';
import {setTimeout as sleep} from 'node:timers/promises';
import {busyboxArchive, type LabFixture} from './harness/index.ts';

/** Says who it is on 8080, and on 8081 takes an upgrade and says back what it is told. */
export const speaker = await busyboxArchive({
  entrypoint: ['sh', '-c'],
  command: [
    'mkdir -p /www/api; echo "$NAME $(hostname)" | tee /www/index.html >/www/api/index.html; ' +
      '(while :; do nc -l -p 8081 -e /bin/sh /www/upgrade; done) & exec httpd -f -p 8080 -h /www',
  ],
  files: {
    '/www/health': 'ok\n',
    '/www/upgrade':
      'while read -r line && [ "${#line}" -gt 1 ]; do :; done; ' +
      "printf 'HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n'; exec cat\n",
  },
});

/** A service that runs it; `more` are its other keys, as YAML. */
export const speaking = (name: string, more: string): string =>
  `  ${name}: {archive: ./speaker.tar, env: {NAME: ${name}}, stop: {grace: 0s}, health: {http: {port: 8080, path: /health}, interval: 200ms}, ${more}}\n`;

/** Puts a program of this machine (Debian's) on a host, under the same name. */
export async function lend(lab: LabFixture, host: string, path: string): Promise<void> {
  const program = (await readFile(path)).toString('base64');
  const done = await lab.exec(host, ['sh', '-euc', `base64 -d >${path}; chmod 755 ${path}`], program);
  if (done.code !== 0) throw new Error(`could not put ${path} on ${host}: ${done.stderr}`);
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly location?: string;
  readonly cookie?: string;
}

/** Asks a proxy by plain http, as for a host name. */
export function get(
  proxy: string,
  url: string,
  {method = 'GET', body = '', headers = {}}: {method?: string; body?: string; headers?: Record<string, string>} = {},
): Promise<Answer> {
  const {hostname, port, pathname} = new URL(url);
  return new Promise((resolve, reject) => {
    const asking = request(
      {host: proxy, port: port || 80, path: pathname, method, headers: {Host: hostname, ...headers}, timeout: 15_000},
      answer =>
        text(answer).then(
          read =>
            resolve({
              status: answer.statusCode!,
              body: read.trim(),
              location: answer.headers.location,
              cookie: answer.headers['set-cookie']?.[0],
            }),
          reject,
        ),
    );
    asking.on('timeout', () => asking.destroy(new Error(`${url} at ${proxy}: no answer`)));
    asking.on('error', reject);
    asking.end(body);
  });
}

/** Asks a proxy by HTTP/2 over TLS; says by which certificate it is who it says it is. */
export async function getSecurely(
  proxy: string,
  host: string,
): Promise<Answer & {readonly fingerprint: string; readonly issuer: string}> {
  // What the certificate says is what is looked at: nobody on this machine trusts these authorities.
  const session = connect(`https://${host}`, {
    host: proxy,
    servername: host,
    rejectUnauthorized: false,
    lookup: (_name, options, done) => (options.all ? done(null, [{address: proxy, family: 4}]) : done(null, proxy, 4)),
  });
  try {
    const stream = session.request({':path': '/', ':authority': host});
    const [status, body] = await new Promise<[number, string]>((resolve, reject) => {
      session.on('error', reject);
      stream.on('error', reject);
      stream.on('response', headers => {
        text(stream).then(read => resolve([headers[':status']!, read.trim()]), reject);
      });
    });
    const certificate = (session.socket as import('node:tls').TLSSocket).getPeerCertificate();
    return {status, body, fingerprint: certificate.fingerprint256, issuer: String(certificate.issuer.CN ?? '')};
  } finally {
    session.close();
  }
}

/** Upgrades a connection and says something; what comes back. */
export function upgrade(proxy: string, host: string, path: string, said: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = {
      Host: host,
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'x3JJHMbDL1EzLkh9GBhXDw==',
    };
    const asking = request({host: proxy, path, headers, timeout: 10_000});
    asking.on('upgrade', (_answer, socket) => {
      socket.on('data', heard => {
        resolve(String(heard));
        socket.destroy();
      });
      socket.on('error', reject);
      socket.write(said);
    });
    asking.on('response', answer => reject(new Error(`not upgraded: ${answer.statusCode}`)));
    asking.on('timeout', () => asking.destroy(new Error('no answer')));
    asking.on('error', reject);
    asking.end();
  });
}

/** Asks again until it is as wanted; what it was last. */
export async function until<T>(
  ask: () => Promise<T>,
  wanted: (answer: T) => boolean,
  seconds = 30,
): Promise<T | string> {
  let last: T | string = 'never asked';
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(200)) {
    last = await ask().catch(error => String(error));
    if (typeof last !== 'string' && wanted(last)) return last;
  }
  return last;
}
