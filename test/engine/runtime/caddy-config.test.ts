import {describe, expect, test} from 'vitest';
import {caddyConfig, clashOf} from '../../../src/engine/runtime/proxy/caddy-config.ts';
import {caddyRoute, inTurn} from '../../../src/engine/runtime/proxy/caddy-route.ts';
import type {ProxyRoute, ProxyRoutes, Upstream} from '../../../src/engine/runtime/proxy/proxy-routes.ts';
import type {ProxySpec} from '../../../src/engine/runtime/proxy/proxy-spec.ts';

const upstream = (n: number, weight = 1): Upstream => ({
  id: `shop-default-web-${n}`,
  service: 'web',
  address: `10.89.0.${n}`,
  port: 8080,
  weight,
});
const route = (more: Partial<ProxyRoute> = {}): ProxyRoute => ({
  host: 'shop.example',
  path: '/',
  service: 'web',
  port: 8080,
  tls: {kind: 'off'},
  redirect: true,
  stripPath: false,
  timeouts: {connectMs: 3000},
  retries: {forMs: 5000, everyMs: 100},
  upstreams: [upstream(2), upstream(3)],
  ...more,
});
const slice = (environment: string, ...routes: ProxyRoute[]): ProxyRoutes => ({
  project: 'p',
  stack: 'shop',
  environment,
  routes,
});
const proxy: ProxySpec = {
  source: {kind: 'binary', path: '/usr/bin/caddy'},
  http: 80,
  https: 443,
  acme: {},
  log: {size: 10 * 1024 ** 2, files: 3},
};
// biome-ignore lint/suspicious/noExplicitAny: Caddy's JSON
const configOf = (...slices: ProxyRoutes[]): any => JSON.parse(caddyConfig(proxy, slices).text);
// biome-ignore lint/suspicious/noExplicitAny: Caddy's JSON
const matchers = (server: any): unknown[] => server.routes.map((one: any) => one.match?.[0] ?? 'any');

describe('weights are repeated upstreams, in turn', () => {
  test.each([
    [[1, 1], '2 3'],
    [[100, 100], '2 3'],
    [[2, 1], '2 3 2'],
    [[90, 10], '2 2 2 2 2 3 2 2 2 2'],
    [[1, 0], '2'],
    [[0, 0], ''],
  ])('%j', (weights, expected) => {
    const dials = inTurn(weights.map((weight, n) => upstream(n + 2, weight)));
    expect(dials.map(dial => dial.replace(/^10\.89\.0\.|:8080$/g, '')).join(' ')).toBe(expected);
  });

  test('each has its share, whatever the weights', () => {
    for (let a = 1; a <= 40; a += 3) {
      const dials = inTurn([upstream(2, a), upstream(3, 41 - a), upstream(4, 7)]);
      const count = (n: number) => dials.filter(dial => dial.startsWith(`10.89.0.${n}:`)).length;
      expect(count(2) * (41 - a)).toBe(count(3) * a);
      expect(count(4) * a).toBe(count(2) * 7);
    }
  });
});

test('the most specific route comes first, over all environments; what nobody has is 404', () => {
  const config = configOf(
    slice('default', route({host: undefined}), route(), route({path: '/api'}), route({host: '*.example'})),
    slice('staging', route({path: '/api/v2'}), route({host: 'a.example', path: '/x'})),
  );
  expect(matchers(config.apps.http.servers.http)).toEqual([
    {host: ['a.example'], path: ['/x', '/x/*']},
    {host: ['shop.example'], path: ['/api/v2', '/api/v2/*']},
    {host: ['shop.example'], path: ['/api', '/api/*']},
    {host: ['shop.example']},
    {host: ['*.example']},
    'any',
    'any',
  ]);
  expect(config.logging.logs.default.exclude).toEqual(['http.log.access', 'http.handlers.reverse_proxy']);
  expect(config.apps.http.servers.https).toBeUndefined();
  expect(config.apps.tls).toBeUndefined();
});

test('with TLS, plain http is only sent on; certificates come from where each route says', () => {
  const own = {kind: 'own', certificate: 'PEM', key: '${secret:shop_key}'} as const;
  const config = configOf(
    slice(
      'default',
      route({tls: {kind: 'auto'}}),
      route({host: 'in.example', tls: {kind: 'internal'}, redirect: false}),
    ),
    {...slice('staging', route({host: 'own.example', tls: own})), secrets: {shop_key: 'ab12'}},
  );
  const {http, https} = config.apps.http.servers;
  expect(matchers(https)).toEqual([{host: ['in.example']}, {host: ['own.example']}, {host: ['shop.example']}, 'any']);
  // biome-ignore lint/suspicious/noExplicitAny: Caddy's JSON
  expect(http.routes.map((one: any) => one.handle[0].status_code ?? one.handle[0].handler)).toEqual([
    'subroute',
    308,
    308,
    404,
  ]);
  expect(config.apps.tls.certificates.automate).toEqual(['shop.example', 'in.example']);
  const [files] = config.apps.tls.certificates.load_files;
  expect(files.key).toMatch(/^\/var\/lib\/niyanta\/proxy\/certificates\/p\.shop\.staging\.[0-9a-f]{16}\.key$/);
  // Another key under the same name is another file, so that Caddy takes it.
  const renewed = configOf({...slice('staging', route({host: 'own.example', tls: own})), secrets: {shop_key: 'cd34'}});
  expect(renewed.apps.tls.certificates.load_files[0].key).not.toBe(files.key);
  expect(JSON.stringify(config)).not.toContain('${secret');
});

test('the name of a configuration changes with what it serves, and with nothing else', () => {
  const id = (...slices: ProxyRoutes[]) => caddyConfig(proxy, slices).id;
  const [one, two] = [slice('default', route()), slice('staging', route({host: 'b.example'}))];
  expect(id(one, two)).toBe(id(two, one));
  expect(id(one)).not.toBe(id(one, two));
  expect(id(slice('default', route({upstreams: [upstream(2)]})))).not.toBe(id(one));
});

test('a route without anyone to answer says so; one replica is never left alone for a failure', () => {
  const of = (more: Partial<ProxyRoute>) => JSON.stringify(caddyRoute(route(more)));
  expect(of({upstreams: []})).toContain('"status_code":503');
  expect(of({upstreams: [upstream(2)]})).not.toContain('passive');
  expect(of({})).toContain('"passive"');
  expect(of({retries: {forMs: 0, everyMs: 100}})).not.toContain('try_duration');
  expect(of({maxBody: 1000})).toContain('> 1000');
});

test('where all replicas look ill, one is asked all the same, whatever its checks say; other failures stay what they are', () => {
  const health = {path: '/healthz', port: 8080, intervalMs: 1000, timeoutMs: 500};
  // biome-ignore lint/suspicious/noExplicitAny: Caddy's JSON
  const errors = (more: Partial<ProxyRoute>) => (caddyRoute(route(more)) as any).handle[0].errors;
  const [nobody, other] = errors({health}).routes;
  expect(nobody.match).toEqual([{vars: {'{http.error.status_code}': ['503']}}]);
  expect(nobody.handle).toMatchObject([{handler: 'reverse_proxy', upstreams: [{}, {}], health_checks: {}}]);
  expect(nobody.handle[0].health_checks).toEqual({});
  expect(other).toEqual({
    handle: [{handler: 'error', status_code: '{http.error.status_code}', error: '{http.error.message}'}],
  });
  expect(errors({})).toBeUndefined();
  expect(errors({health, upstreams: []})).toBeUndefined();
});

test('those that leave are known to Caddy, once each, where no request comes', () => {
  const leaving = [upstream(7), upstream(7)].map(({address, port}) => ({address, port}));
  const {http} = configOf({...slice('default', route()), leaving}, slice('staging')).apps.http.servers;
  const [answer, ...unreached] = http.routes.at(-1).handle;
  expect(answer).toEqual({handler: 'static_response', status_code: 404});
  expect(unreached).toEqual([{handler: 'reverse_proxy', upstreams: [{dial: '10.89.0.7:8080'}]}]);
  expect(JSON.stringify(http.routes.slice(0, -1))).not.toContain('10.89.0.7');
});

test('two environments that want the same name and path are told apart from one that has it twice over', () => {
  const [one, two] = [slice('default', route()), slice('staging', route())];
  expect(clashOf([one, two])).toMatchObject({route: 'shop.example', first: one, second: two});
  expect(clashOf([one, slice('staging', route({path: '/x'}))])).toBeUndefined();
});
