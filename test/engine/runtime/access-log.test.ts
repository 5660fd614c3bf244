import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect, onTestFinished, test} from 'vitest';
import {AccessLogReader} from '../../../src/engine/access-log-reader.ts';
import {type Command, render} from '../../../src/engine/hosts/command.ts';
import {proxyAccessLogPath} from '../../../src/engine/runtime/paths.ts';
import {followAccessLog, parseAccessLine, readAccessLog} from '../../../src/engine/runtime/proxy/access-log.ts';
import type {ProxyRoute, ProxyRoutes} from '../../../src/engine/runtime/proxy/proxy-routes.ts';
import {inTryingOrder, routeOfRequest} from '../../../src/engine/runtime/proxy/route-of-request.ts';
import {routeName} from '../../../src/engine/spec/route.ts';
import {accessLogLine} from '../../../src/engine/view/access-log-view.ts';
import {plainStyle} from '../../../src/engine/view/look.ts';

/** A line as Caddy 2.6 writes it. */
const written = (more: {ts?: number; status?: number; user_id?: string; host?: string; uri?: string; tls?: object}) => {
  const {ts = 1_790_000_000.25, status = 200, user_id = '10.89.0.2:8080', host = 'shop.example', uri = '/', tls} = more;
  const request = {remote_ip: '192.0.2.7', remote_port: '40000', proto: 'HTTP/1.1', method: 'GET', host, uri, tls};
  const common = {level: 'info', ts, logger: 'http.log.access.access', msg: 'handled request'};
  return JSON.stringify({...common, request, user_id, duration: 0.0123, size: 7, status});
};

const owned = (environment: string, ...routes: Partial<ProxyRoute>[]): ProxyRoutes => ({
  project: 'p',
  stack: 'shop',
  environment,
  routes: routes.map(route => ({path: '/', service: 'web', tls: {kind: 'off'}, ...route}) as ProxyRoute),
});

const wanted = {project: 'p', environment: 'default'};
const shop = owned('default', {host: 'shop.example'});

test('a line of Caddy is read; what is none is nothing', () => {
  expect(parseAccessLine(written({uri: '/cart?a=1'}))).toEqual({
    at: '2026-09-21T14:13:20.250Z',
    client: '192.0.2.7',
    method: 'GET',
    host: 'shop.example',
    uri: '/cart?a=1',
    protocol: 'HTTP/1.1',
    secure: false,
    status: 200,
    size: 7,
    durationMs: 12.3,
    upstream: '10.89.0.2:8080',
  });
  expect(parseAccessLine(written({user_id: '', status: 308}))).not.toHaveProperty('upstream');
  expect(parseAccessLine(written({tls: {version: 772}}))).toMatchObject({secure: true});
  for (const none of ['', '{"ts":1', 'null', '7', '{"ts":1,"msg":"x"}', '{"ts":"1","request":{}}'])
    expect(parseAccessLine(none)).toBeUndefined();
});

test('a request as a line; what a terminal would obey is shown', () => {
  const reader = new AccessLogReader('h1', [shop], wanted);
  const look = {style: plainStyle};
  expect(accessLogLine(reader.feed(written({uri: '/cart?a=1'}))!, look)).toBe(
    '2026-09-21T14:13:20.250Z h1 200 GET shop.example/cart?a=1 12ms 10.89.0.2:8080',
  );
  expect(accessLogLine(reader.feed(written({uri: '/\u001b[2J', user_id: '', status: 0}))!, look)).toBe(
    '2026-09-21T14:13:20.250Z h1   0 GET shop.example/\\e[2J 12ms -',
  );
});

test.each([
  ['shop.example', '/', false, 'shop.example'],
  ['SHOP.example:80', '/API/x?y', false, 'shop.example/api'],
  ['shop.example', '/%61pi', false, 'shop.example/api'],
  ['shop.example', '//api', false, 'shop.example/api'],
  ['shop.example', '/apis', false, 'shop.example'],
  ['shop.example', '/%zz', false, 'shop.example'],
  ['a.shop.example', '/', false, '*.shop.example'],
  ['a.b.shop.example', '/', false, undefined],
  ['a.b.shop.example', '/any', false, '/any'],
  ['shop.example', '/api', true, 'shop.example'],
])('%s%s, by https: %s, is for %s', (host, uri, secure, name) => {
  const routes = inTryingOrder([
    owned('other', {path: '/any'}, {host: '*.shop.example'}),
    owned('default', {host: 'shop.example', tls: {kind: 'internal'}}, {host: 'shop.example', path: '/api'}),
  ]);
  const found = routeOfRequest(routes, {host, uri, secure});
  expect(found && routeName(found.route)).toBe(name);
});

test('only requests for routes of the environment, and of the class that is asked for', () => {
  const slices = [shop, owned('staging', {host: 'staging.example'}), {...owned('default', {}), project: 'other'}];
  const lines = ['shop.example', 'staging.example', 'any.example'].flatMap(host =>
    [200, 502].map(status => written({host, status})),
  );
  const fed = (more: object) => {
    const reader = new AccessLogReader('h1', slices, {...wanted, ...more});
    return lines.flatMap(line => reader.feed(line) ?? []).map(({host, status}) => `${host} ${status}`);
  };
  expect(fed({})).toEqual(['shop.example 200', 'shop.example 502']);
  expect(fed({environment: 'staging', statusClass: '5'})).toEqual(['staging.example 502']);
});

test('read again from an earlier place, each request is told once, also those that were written out of order', () => {
  const reader = new AccessLogReader('h1', [shop], wanted);
  const at = (ts: number) => written({ts, uri: `/${ts}`});
  const feed = (...lines: string[]) => lines.flatMap(line => reader.feed(line)?.uri ?? []);
  reader.resume();
  expect(feed(at(10), at(12), at(11))).toEqual(['/10', '/12', '/11']);
  reader.resume();
  expect(feed(at(9), at(10), at(12), at(11), at(11.5), at(13))).toEqual(['/11.5', '/13']);
});

test('the log is read over the turns of its file, and followed from before there is one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'niyanta-access-'));
  onTestFinished(() => rmSync(folder, {recursive: true}));
  const inFolder = (command: Command, path: string) => render(command).replaceAll(dirname(proxyAccessLogPath), path);
  const run = (command: Command, path: string) =>
    execFileSync('sh', ['-c', inFolder(command, path)], {encoding: 'utf8'});
  expect(run(readAccessLog, join(folder, 'none'))).toBe('');
  expect(run(readAccessLog, folder)).toBe('');
  writeFileSync(join(folder, 'access-2026-01-02T00-00-00.000.log'), 'second\n');
  writeFileSync(join(folder, 'access-2026-01-01T00-00-00.000.log'), 'first\n');
  expect(run(readAccessLog, folder)).toBe('first\nsecond\n');
  // In a group of its own: the shell has a child that a signal to it alone would leave.
  const follower = spawn('sh', ['-c', inFolder(followAccessLog(5), folder)], {detached: true});
  onTestFinished(() => void process.kill(-follower.pid!, 'SIGTERM'));
  await sleep(200);
  writeFileSync(join(folder, 'access.log'), 'third\n');
  const [said] = await once(follower.stdout, 'data');
  expect(String(said)).toBe('third\n');
  expect(run(readAccessLog, folder)).toBe('first\nsecond\nthird\n');
});
