import {createServer, type RequestListener} from 'node:http';
import {type AddressInfo, connect} from 'node:net';
import {expect, test} from 'vitest';
import {render} from '../../../../src/engine/hosts/command.ts';
import type {Connection} from '../../../../src/engine/hosts/connection.ts';
import {parseReference, type RegistryAccess, registryDigest} from '../../../../src/engine/runtime/images/index.ts';
import {pullPrivate, pullPublic} from '../../../../src/engine/runtime/images/pull-commands.ts';
import {challenge, hostsToml} from '../../../../src/engine/runtime/images/registry-access.ts';
import {pullFailure} from '../../../../src/engine/runtime/images/registry-errors.ts';

const digest = `sha256:${'d'.repeat(64)}`;

/** A connection whose host is this machine; it reaches ports and runs nothing. */
const here = {
  host: 'h1',
  dial: (address: string, port: number) =>
    new Promise((resolve, reject) => {
      const socket = connect(port, address, () => resolve(socket));
      socket.on('error', reject);
    }),
} as unknown as Connection;

async function withRegistry<T>(answer: RequestListener, use: (address: string) => Promise<T>): Promise<T> {
  const server = createServer(answer);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const joe: RegistryAccess = {http: true, username: 'joe', password: 'päss word'};
const basicJoe = `Basic ${Buffer.from('joe:päss word').toString('base64')}`;

/** A registry with a token service, as the distribution spec describes them. */
const tokenRegistry: RequestListener = (request, response) => {
  const url = new URL(request.url!, `http://${request.headers.host}`);
  if (url.pathname === '/token') {
    const known = request.headers.authorization === basicJoe;
    const right =
      url.searchParams.get('scope') === 'repository:shop/backend:pull' && url.searchParams.get('service') === 'reg';
    response.writeHead(known && right ? 200 : 401).end(JSON.stringify({token: 'abc.def'}));
  } else if (request.headers.authorization === 'Bearer abc.def') {
    const found = url.pathname === '/v2/shop/backend/manifests/1';
    response.writeHead(found ? 200 : 404, {'docker-content-digest': digest}).end();
  } else {
    const realm = `Bearer realm="http://${request.headers.host}/token",service="reg"`;
    response.writeHead(401, {'www-authenticate': realm}).end();
  }
};

test('a token registry: the token is fetched with the password and opens the manifest', async () => {
  await withRegistry(tokenRegistry, async address => {
    expect(await registryDigest(here, `${address}/shop/backend:1`, joe)).toBe(digest);
  });
});

test.each<[string, string, RegistryAccess, object]>([
  ['an unknown tag', 'shop/backend:2', joe, {code: 'image-not-found', transient: false}],
  ['a wrong password', 'shop/backend:1', {...joe, password: 'no'}, {code: 'registry-unauthorized', transient: false}],
  ['no password', 'shop/backend:1', {http: true}, {code: 'registry-unauthorized', transient: false}],
  ['https to a plain registry', 'shop/backend:1', {http: false}, {code: 'registry-plain-http', transient: false}],
])('%s', async (_, image, access, expected) => {
  await withRegistry(tokenRegistry, async address => {
    const error = await registryDigest(
      {...here, run: async () => ({code: 1, stdout: '', stderr: ''})} as Connection,
      `${address}/${image}`,
      access,
    ).catch(e => e);
    expect(error).toMatchObject(expected);
    expect(`${error.message} ${error.hint}`).not.toContain(joe.password);
  });
});

test.each([500, 503, 429])('a registry that answers %i may do better later', async status => {
  await withRegistry(
    (_, response) => response.writeHead(status).end(),
    async address => {
      await expect(registryDigest(here, `${address}/a:1`, {http: true})).rejects.toMatchObject({
        code: 'registry-unreachable',
        transient: true,
      });
    },
  );
});

test('a password goes to no token service that is not http or https', async () => {
  await withRegistry(
    (_, response) => response.writeHead(401, {'www-authenticate': 'Bearer realm="ftp://x/token"'}).end(),
    async address => {
      await expect(registryDigest(here, `${address}/a:1`, joe)).rejects.toMatchObject({code: 'registry-unauthorized'});
    },
  );
});

test('challenges are read with quotes, escapes and without', () => {
  const {scheme, parameters} = challenge('Bearer realm="https://a/t?x=1,2",service="r \\"q\\"", scope=pull');
  expect(scheme).toBe('bearer');
  expect([...parameters]).toEqual([
    ['realm', 'https://a/t?x=1,2'],
    ['service', 'r "q"'],
    ['scope', 'pull'],
  ]);
});

test('credentials stand in hosts.toml, never in the command', () => {
  expect(hostsToml('https://r.example', 'Basic eA==')).toBe(
    [
      'server = "https://r.example"',
      '[host."https://r.example"]',
      '  capabilities = ["pull", "resolve"]',
      '[host."https://r.example".header]',
      '  Authorization = "Basic eA=="',
      '',
    ].join('\n'),
  );
  expect(render(pullPublic('r/a:1', true))).toBe('ctr --namespace niyanta images pull --plain-http r/a:1');
  expect(render(pullPrivate('r.example', 'r.example/a:1'))).toMatch(/ niyanta r\.example r\.example\/a:1$/);
});

const image = parseReference('r.example/a:1');
test.each<[string, string, boolean]>([
  ['ctr: failed to resolve reference "r.example/a:1": r.example/a:1: not found', 'image-not-found', false],
  [
    'ctr: pulling from host r.example failed with status code [manifests 1]: 401 Unauthorized',
    'registry-unauthorized',
    false,
  ],
  ['ctr: http: server gave HTTP response to HTTPS client', 'registry-plain-http', false],
  ['ctr: dial tcp 10.0.0.1:443: connect: connection refused', 'registry-unreachable', true],
  ['ctr: unexpected status code https://r.example/v2/: 503 Service Unavailable', 'registry-unreachable', true],
  ['ctr: write /var/lib/containerd/x: no space left on device', 'disk-full', false],
  ['ctr: something nobody has seen', 'image-pull-failed', false],
])('%s → %s', (stderr, code, transient) => {
  expect(pullFailure('h1', image, {http: false}, 'ctr …', {code: 1, stderr})).toMatchObject({code, transient});
});
