import {afterAll, beforeAll, expect, test} from 'vitest';
import {apiClient} from '../../../src/engine/client/api-client.ts';
import {followChange, sendBundle} from '../../../src/engine/client/environments.ts';
import {packed} from './served-stacks.ts';
import {type Serving, serving} from './serving.ts';

let api: Serving;
let acme: string;
let bundle: string;
let leadership: {coordinator: string; generation: number};
beforeAll(async () => {
  api = await serving();
  acme = await api.customer('acme');
  leadership = (await api.store.lead({coordinator: 'test', ttlMs: 60_000}))!;
  ({sha256: bundle} = await send('shop'));
});
afterAll(() => api.end());

const admin = (method: string, path: string, body?: unknown, headers = {}) =>
  api.ask(method, path, {key: api.admin, ...(body !== undefined && {body}), headers});
async function send(name: string) {
  const project = await packed(api.folder, name);
  return sendBundle(apiClient({server: api.address, key: api.admin}), () => project.tar(), {});
}
const apply = (headers = {}, query = '') => admin('POST', `/v1/environments${query}`, {bundle}, headers);
const end = async (number: number) => {
  await api.store.beginChange(leadership, 'shop.default', number);
  await api.store.endChange(leadership, 'shop.default', number, {result: 'unchanged', serial: 1});
};

test('the same project sent again is the same bundle; what was not sent is no bundle', async () => {
  expect(await send('shop')).toMatchObject({
    ...{sha256: bundle, project: 'shop', environment: 'default', stack: 'shop-stack'},
  });
  const none = {file: 'a'.repeat(64)};
  expect(await admin('POST', '/v1/bundles', none)).toMatchObject({status: 422, json: {code: 'file-missing'}});
  const unknown = {bundle: 'b'.repeat(64)};
  expect(await admin('POST', '/v1/environments', unknown)).toMatchObject({status: 422, json: {code: 'unknown-bundle'}});
});

test('an apply is kept, once for an idempotency key, and followed to its end', async () => {
  const key = {'Idempotency-Key': 'first'};
  const first = await apply(key, '?customer=acme');
  expect(first).toMatchObject({status: 202, json: {number: 1, kind: 'apply', state: 'waiting', bundle}});
  expect(first.headers.get('location')).toBe('/v1/environments/shop.default/changes/1');
  expect((await apply(key, '?customer=acme')).json.number).toBe(1);
  await end(1);
  const types: string[] = [];
  const following = followChange(apiClient({server: api.address, key: acme}), first.json, AbortSignal.timeout(20_000));
  for (;;) {
    const {value, done} = await following.next();
    if (done) {
      expect(value).toMatchObject({state: 'done', outcome: {result: 'unchanged'}});
      break;
    }
    types.push(value.type);
  }
  expect(types).toEqual(['result']);
  const {json} = await api.ask('GET', '/v1/audit', {key: acme});
  expect(json.items.length).toBeGreaterThan(0);
});

test('its owner sees it and asks for what is his to ask; what is applied is for operators', async () => {
  const mine = (method: string, path: string, body?: unknown) =>
    api.ask(method, `/v1/environments${path}`, {key: acme, ...(body !== undefined && {body})});
  expect((await mine('GET', '/shop.default')).json).toMatchObject({customer: 'acme', healing: 'on', newestChange: 1});
  expect(await mine('POST', '/shop.default/rollback', {})).toMatchObject({status: 202, json: {number: 2}});
  await end(2);
  expect((await mine('GET', '/shop.default/changes?limit=1')).json).toMatchObject({items: [{number: 2}], next: '2'});
  for (const [method, path, body] of [
    ['POST', '', {bundle}],
    ['POST', '/plan', {bundle}],
    ['DELETE', '/shop.default', undefined],
    ['PUT', '/shop.default/healing', {healing: 'paused'}],
  ] as const)
    expect(await mine(method, path, body)).toMatchObject({status: 403});
  expect((await admin('PUT', '/v1/environments/shop.default/healing', {healing: 'paused'})).json.healing).toBe(
    'paused',
  );
});

test('an update changes what is there, and only what was looked at', async () => {
  const path = '/v1/environments/shop.default';
  const etag = async () => (await admin('GET', path)).headers.get('etag')!;
  const seen = await etag();
  const key = {'Idempotency-Key': 'update', 'If-Match': seen};
  const first = await admin('PUT', path, {bundle}, key);
  expect(first).toMatchObject({status: 202, json: {number: 3, kind: 'apply', bundle}});
  expect(await etag()).toBe('"3"');
  expect((await admin('PUT', path, {bundle}, key)).json.number).toBe(3);
  expect(await admin('PUT', path, {bundle}, {'If-Match': seen})).toMatchObject({
    ...{status: 412, json: {code: 'changed-meanwhile', detail: expect.stringContaining('revision 3')}},
  });
  expect(await admin('PUT', '/v1/environments/shop.other', {bundle})).toMatchObject({status: 404});
  expect(await admin('PUT', path, {bundle}, {'If-Match': 'W/"3"'})).toMatchObject({status: 400});
  const {sha256: other} = await send('other');
  expect(await admin('PUT', path, {bundle: other})).toMatchObject({status: 422, json: {code: 'another-environment'}});
  await end(3);
});

test.each([
  ['project=shop', 1],
  ['project=other', 0],
  ['environment=default&stack=shop-stack', 1],
  ['condition=degraded', 0],
  ['customer=acme', 1],
  ['after=shop.default', 0],
])('a list of those with %s', async (query, count) => {
  const {json} = await admin('GET', `/v1/environments?${query}`);
  expect(json.items).toHaveLength(count);
});

test.each([
  ['GET', '/Shop.default', undefined, 400, 'invalid-request'],
  ['GET', '/shop.other', undefined, 404, 'not-found'],
  ['GET', '/shop.default/changes/99', undefined, 404, 'not-found'],
  ['GET', '/shop.default/changes/99/events', undefined, 404, 'not-found'],
  ['POST', '/shop.default/scale', {counts: {}}, 400, 'invalid-request'],
  ['POST', '/shop.default/scale', {counts: {web: 1001}}, 400, 'invalid-request'],
  ['POST', '/shop.default/scale', {counts: {web: 2}}, 409, 'not-applied'],
  ['POST', '/shop.default/plan', {kind: 'rollback'}, 409, 'nothing-to-roll-back'],
  ['POST', '/shop.default/plan', {kind: 'promote', service: 'web'}, 409, 'no-release'],
  ['POST', '/shop.default/promote', {}, 409, 'no-release'],
  ['POST', '/shop.default/abort', {service: 'web'}, 409, 'no-release'],
  ['POST', '/shop.default/stop', {services: ['web']}, 409, 'not-applied'],
  ['POST', '/shop.default/start', {services: []}, 400, 'invalid-request'],
  ['POST', '/shop.other/restart', {}, 404, 'not-found'],
  ['GET', '/shop.other/releases', undefined, 404, 'not-found'],
  ['POST', '/shop.default/plan', {kind: 'nothing'}, 400, 'invalid-request'],
  ['DELETE', '/shop.default?volumes=perhaps', undefined, 400, 'invalid-request'],
])('%s %s with %j is refused', async (method, path, body, status, code) => {
  expect(await admin(method, `/v1/environments${path}`, body)).toMatchObject({status, json: {code}});
});

test('a stream of replica logs goes on only after the id of one of its lines', async () => {
  const stream = (id: string) =>
    admin('GET', '/v1/environments/shop.default/logs', undefined, {Accept: 'text/event-stream', 'Last-Event-ID': id});
  await apply();
  expect(await stream('1.a')).toMatchObject({status: 400, json: {errors: [{code: 'invalid-cursor'}]}});
});
