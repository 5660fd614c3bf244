import {expect, test} from 'vitest';
import {errorsOf, readStack} from './reading.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const texts = {
  '/p/own.pem': PEM,
  '/p/both.pem': `${PEM}-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n`,
  '/p/none.pem': 'nothing\n',
};
const stackWith = (...routes: string[]): string => `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  web: {image: web, health: {http: {port: 8081, path: /ok}, interval: 3s}}
routes:
${routes.map(route => `  - ${route}\n`).join('')}`;
const read = async (...routes: string[]) => (await readStack(stackWith(...routes), {texts})).routes;
const wrong = (...routes: string[]) => errorsOf(readStack(stackWith(...routes), {texts}));

test('a route has its defaults: certificates for a name, the health of its service', async () => {
  expect(await read('{host: Shop.Example, service: web, port: 80}')).toEqual([
    {
      host: 'shop.example',
      path: '/',
      service: 'web',
      port: 80,
      tls: {kind: 'auto'},
      redirect: true,
      stripPath: false,
      timeouts: {connectMs: 3000},
      retries: {forMs: 5000, everyMs: 100},
      health: {port: 8081, path: '/ok', intervalMs: 3000, timeoutMs: 2000},
    },
  ]);
  const [any] = await read('{service: web, port: 80, health: false, sticky: true, maxBody: 1Ki}');
  expect(any).toMatchObject({tls: {kind: 'off'}, sticky: {cookie: 'niyanta'}, maxBody: 1024});
  expect(any!.health).toBeUndefined();
});

test('they are in order of what they say, whatever the order of the file', async () => {
  const routes = await read(
    '{service: web, port: 80}',
    '{host: "*.a.example", tls: off, service: web, port: 80}',
    '{host: a.example, path: /x/y/, service: web, port: 80}',
    '{host: a.example, service: web, port: 80}',
  );
  expect(routes.map(({host, path}) => `${host ?? ''}${path}`)).toEqual([
    'a.example/x/y',
    'a.example/',
    '*.a.example/',
    '/',
  ]);
});

test('an own certificate is read, its key is a secret by name', async () => {
  const [own] = await read(
    '{host: a.example, service: web, port: 80, tls: {certificate: ./own.pem, key: "${secret:k}"}}',
  );
  expect(own!.tls).toEqual({kind: 'own', certificate: PEM, key: '${secret:k}'});
});

test.each([
  ['{host: a.example, service: wb, port: 80}', 'routes.0.service: there is no service "wb", did you mean "web"?'],
  ['{host: "a b", service: web, port: 80}', 'routes.0.host: is not a name of a host'],
  ['{host: a.example, path: api, service: web, port: 80}', 'routes.0.path: must start with /'],
  ['{host: a.example, path: "/a/../b", service: web, port: 80}', 'routes.0.path: must not contain . or ..'],
  ['{host: a.example, path: "/a*", service: web, port: 80}', 'routes.0.path: must start with / and be a plain path'],
  ['{host: "*.a.example", service: web, port: 80}', 'routes.0.tls: auto cannot get a certificate for all names'],
  ['{service: web, port: 80, tls: internal}', 'routes.0.tls: needs a host'],
  [
    '{host: a.example, service: web, port: 80, tls: {certificate: ./own.pem, key: ./own.key}}',
    'routes.0.tls.key: must be a secret',
  ],
  [
    '{host: a.example, service: web, port: 80, tls: {certificate: ./gone.pem, key: "${secret:k}"}}',
    'routes.0.tls.certificate: the certificate gone.pem: there is no such file',
  ],
  [
    '{host: a.example, service: web, port: 80, tls: {certificate: ./both.pem, key: "${secret:k}"}}',
    'routes.0.tls.certificate: both.pem holds a private key',
  ],
  [
    '{host: a.example, service: web, port: 80, tls: {certificate: ./none.pem, key: "${secret:k}"}}',
    'routes.0.tls.certificate: none.pem holds no certificate',
  ],
  ['{host: "${secret:k}", service: web, port: 80}', 'routes.0.host: a secret cannot be used here'],
])('%s', async (route, expected) => {
  expect((await wrong(route)).join('\n')).toContain(expected);
});

test('one route for one name and path, one tls for one name', async () => {
  const [one, other] = [
    '{host: a.example, service: web, port: 80}',
    '{host: A.example, path: /, service: web, port: 81}',
  ];
  expect(await wrong(one, other)).toEqual(['stack.yaml:8:29 routes.1.path: a.example has a route already, to web']);
  const off = '{host: a.example, path: /x, tls: off, service: web, port: 80}';
  expect((await wrong(one, off)).join()).toContain('routes.1.tls: routes of one host have one tls');
});

test('an environment has routes in place of those of the stack', async () => {
  const text = `${stackWith('{host: a.example, service: web, port: 80}')}environments:\n  staging: {routes: [{host: s.example, service: web, port: 80}]}\n  none: {routes: []}\n`;
  expect((await readStack(text, {environment: 'staging'})).routes.map(({host}) => host)).toEqual(['s.example']);
  expect((await readStack(text, {environment: 'none'})).routes).toEqual([]);
});
