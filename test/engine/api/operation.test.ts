import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {type Serving, serving} from './serving.ts';

let api: Serving;
let acme: string;
beforeAll(async () => {
  api = await serving();
  acme = await api.customer('acme');
});
afterAll(() => api.end());

const workload = {name: 'w', type: 'sleep', with: {ms: 1}};
const submit = async () => (await api.ask('POST', '/v1/workloads', {key: acme, body: {workload}})).json.id as string;

test('metrics count what was done, in the format of Prometheus, with bounded labels', async () => {
  await submit();
  await api.ask('POST', `/v1/workloads/${await submit()}/cancel`, {key: acme});
  await api.ask('GET', '/v1/workloads/1', {key: acme});
  const read = async () => (await api.ask('GET', '/metrics', {key: api.admin})).text;
  await expect.poll(read).toContain('niyanta_workloads_ended_total{state="CANCELLED"} 1');
  const text = await read();
  expect(text).toContain('niyanta_workloads{state="PENDING"} 1');
  expect(text).toContain('niyanta_submissions_total{customer="acme"} 2');
  expect(text).toContain('niyanta_api_errors_total{code="invalid-request"} 1');
  expect(text).toMatch(
    /niyanta_api_request_duration_seconds_count\{method="POST",route="\/v1\/workloads",status="201"\} 2/,
  );
  expect(text).toContain('niyanta_leader 1');
  for (const line of text.split('\n').filter(each => each !== '' && !each.startsWith('#'))) {
    expect(line).toMatch(/^[a-z_][a-z0-9_]*(\{[^{}]*\})? (-?[0-9.e+-]+|NaN|\+Inf)$/i);
  }
  expect(text).not.toContain('/v1/workloads/1');
});

test('readiness is that of the coordinator', async () => {
  expect((await api.ask('GET', '/ready')).json).toEqual({
    ready: true,
    leads: true,
    checks: [{name: 'database', ok: true}],
  });
  api.coordinator.ready = false;
  expect((await api.ask('GET', '/ready')).status).toBe(503);
  expect((await api.ask('GET', '/health')).status).toBe(200);
  api.coordinator.ready = true;
});

test('usage is told as JSON and as CSV, by Accept', async () => {
  const {json} = await api.ask('GET', '/v1/usage', {key: acme});
  expect(json.items).toMatchObject([{customer: 'acme', workloads: {CANCELLED: 1, PENDING: 1}, coreSeconds: 0}]);
  const {text, headers} = await api.ask('GET', '/v1/usage', {key: api.admin, headers: {Accept: 'text/csv'}});
  expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
  const [head, ...rows] = text
    .trimEnd()
    .split('\r\n')
    .map(row => row.split(','));
  expect(rows.map(([customer]) => customer)).toEqual(['acme', 'default']);
  expect(rows[0]![head!.indexOf('PENDING')]).toBe('1');
});

test('customers and keys are made, shown without what is secret, changed and revoked', async () => {
  const {admin: key} = api;
  const put = await api.ask('PUT', '/v1/customers/new', {key, body: {name: 'New', tier: 'free', limits: {running: 2}}});
  expect(put.json).toMatchObject({id: 'new', tier: 'free', limits: {running: 2}, suspended: false});
  const made = await api.ask('POST', '/v1/keys', {key, body: {role: 'customer', customer: 'new', note: 'ci'}});
  expect(made.status).toBe(201);
  expect((await api.ask('GET', '/v1/workloads', {key: made.json.key})).status).toBe(200);
  const {text, json} = await api.ask('GET', '/v1/keys?customer=new', {key});
  expect(json.items).toMatchObject([{prefix: made.json.prefix, note: 'ci'}]);
  expect(text).not.toMatch(/hash/);
  expect(text).not.toContain(made.json.key.slice(made.json.key.indexOf('_', 4) + 1));
  expect((await api.ask('DELETE', `/v1/keys/${made.json.id}`, {key})).status).toBe(204);
  expect((await api.ask('GET', '/v1/workloads', {key: made.json.key})).json.code).toBe('revoked-key');
  const second = await api.ask('POST', '/v1/keys', {key, body: {role: 'customer', customer: 'new'}});
  await api.ask('PUT', '/v1/customers/new', {key, body: {name: 'New', suspended: true}});
  expect((await api.ask('GET', '/v1/workloads', {key: second.json.key})).json.code).toBe('suspended-key');
});

test('schedules are made, replaced by name, suspended and removed', async () => {
  const body = (cron: string) => ({
    workload: {...workload, name: 'nightly', schedule: {cron, timeZone: 'Europe/Vilnius'}},
  });
  const {json: made} = await api.ask('POST', '/v1/schedules', {key: acme, body: body('0 3 * * *')});
  const {json: again} = await api.ask('POST', '/v1/schedules', {key: acme, body: body('0 4 * * *')});
  expect(again.cron).toBe('0 4 * * *');
  expect((await api.ask('GET', `/v1/schedules/${made.id}`, {key: acme})).status).toBe(404);
  const {json: quiet} = await api.ask('POST', `/v1/schedules/${again.id}/suspend`, {key: acme});
  expect(quiet.suspended).toBe(true);
  expect((await api.ask('GET', '/v1/schedules', {key: acme})).json.items).toHaveLength(1);
  expect((await api.ask('DELETE', `/v1/schedules/${again.id}`, {key: acme})).status).toBe(204);
  expect((await api.ask('GET', `/v1/schedules/${again.id}`, {key: acme})).status).toBe(404);
  const without = await api.ask('POST', '/v1/schedules', {key: acme, body: {workload}});
  expect(without.json.errors).toMatchObject([{pointer: '#/workload/schedule'}]);
});

test('a schedule of several versions has one name, and the same times for all', async () => {
  const variant = (parts: object, weight: number) => ({
    submission: {workload: {...workload, name: 'split', schedule: {cron: '0 3 * * *'}, ...parts}},
    weight,
  });
  const put = (...variants: object[]) => api.ask('POST', '/v1/schedules/split', {key: acme, body: {variants}});
  const {status, json} = await put(variant({version: 'v1'}, 90), variant({version: 'v2'}, 10));
  expect(status).toBe(201);
  expect(json.versions).toEqual([
    {version: 'v1', weight: 90},
    {version: 'v2', weight: 10},
  ]);
  expect((await api.ask('GET', `/v1/schedules/${json.id}`, {key: acme})).json).toEqual(json);
  const otherTimes = await put(variant({version: 'v1'}, 1), variant({version: 'v2', schedule: {cron: '5 3 * * *'}}, 1));
  expect(otherTimes.json.errors).toMatchObject([{pointer: '#/variants/1/submission/workload/schedule'}]);
  const without = await put(variant({version: 'v1'}, 1), variant({version: 'v2', schedule: undefined}, 1));
  expect(without.json.errors).toMatchObject([{pointer: '#/variants/1/submission/workload/schedule'}]);
  const twice = await put(variant({version: 'v1'}, 1), variant({version: 'v1'}, 1));
  expect(twice.status).toBe(400);
});

test('the documentation is served from here, and asks nothing of other hosts', async () => {
  const page = await api.ask('GET', '/docs/');
  expect(page.status).toBe(200);
  const policy = page.headers.get('content-security-policy');
  expect(policy).toContain("default-src 'self'");
  expect(policy).not.toMatch(/upgrade-insecure-requests|https|swagger\.io/);
  expect(page.text).not.toMatch(/(src|href)="(https?:)?\/\//);
  const script = await api.ask('GET', '/docs/static/swagger-ui-bundle.js');
  expect([script.status, script.text.length > 100_000]).toEqual([200, true]);
  const {json} = await api.ask('GET', '/docs/json');
  expect(json.openapi).toBe('3.1.0');
});

describe('a stop', () => {
  test('lets requests in flight end, takes no new ones, and keeps its deadline', async () => {
    const {store} = api.coordinator;
    const {workloads} = store;
    let [asked, go] = [0, () => {}];
    const held = new Promise<void>(resolve => {
      go = resolve;
    });
    store.workloads = async (...wish) => {
      asked++;
      await held;
      return workloads(...wish);
    };
    const address = api.address;
    const inFlight = api.ask('GET', '/v1/workloads', {key: acme});
    await expect.poll(() => asked).toBe(1);
    const stopped = api.api.stop(20_000);
    await expect(fetch(`${address}/health`)).rejects.toThrow();
    go();
    expect((await inFlight).status).toBe(200);
    await stopped;
    store.workloads = () => {
      asked++;
      return new Promise(() => {});
    };
    await api.restart();
    const never = api.ask('GET', '/v1/workloads', {key: acme});
    const cut = expect(never).rejects.toThrow();
    await expect.poll(() => asked).toBe(2);
    await api.api.stop(50);
    await cut;
    store.workloads = workloads;
    await api.restart();
  });
});
