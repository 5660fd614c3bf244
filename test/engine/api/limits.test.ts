import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {type Serving, serving} from './serving.ts';

let api: Serving;
beforeAll(async () => {
  api = await serving();
});
afterAll(() => api.end());

const body = {workload: {name: 'w', type: 'sleep', with: {ms: 1}}};

describe('requests', () => {
  test('are counted for a customer over all of its keys; the answer says what is left', async () => {
    const one = await api.customer('limited', {rate: {perSecond: 0.01, burst: 3}});
    const two = await api.key({role: 'viewer', customer: 'limited'});
    const first = await api.ask('GET', '/v1/workloads', {key: one});
    expect(first.headers.get('ratelimit-policy')).toBe('"customer";q=3;w=300');
    expect(first.headers.get('ratelimit')).toBe('"customer";r=2;t=0');
    await api.ask('GET', '/v1/workloads', {key: two});
    await api.ask('GET', '/v1/workloads', {key: one});
    const refused = await api.ask('GET', '/v1/workloads', {key: two});
    expect(refused).toMatchObject({
      status: 429,
      json: {code: 'rate-limited', detail: expect.stringContaining('customer')},
    });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50);
    expect(await api.ask('GET', '/v1/workloads', {key: await api.customer('neighbour')})).toMatchObject({status: 200});
  });

  const missing = '019aa8f2-6c1e-7b3a-9c55-0d6f3f0e8a11';
  test.each([
    ['good', 200, 'GET', '/v1/workloads', {}],
    ['accepted', 201, 'POST', '/v1/workloads', {body}],
    ['not valid', 400, 'GET', '/v1/workloads?limit=0', {}],
    ['no JSON', 400, 'POST', '/v1/workloads', {raw: '{'}],
    ['not allowed', 403, 'GET', '/v1/keys', {}],
    ['of what there is not', 404, 'GET', `/v1/workloads/${missing}`, {}],
    ['too large', 413, 'POST', '/v1/workloads/batch/cancel', {raw: JSON.stringify({name: 'x'.repeat(2 ** 20)})}],
    ['of another media type', 415, 'POST', '/v1/workloads', {raw: 'x', headers: {'content-type': 'text/plain'}}],
  ])('that are %s are answered with what is left of the limit', async (_, status, method, path, asked) => {
    const key = await api.customer(`told-${status}-${path.length}`);
    const answer = await api.ask(method, path, {key, ...asked});
    expect(answer.status).toBe(status);
    expect(answer.headers.get('ratelimit')).toMatch(/^"tier-premium";r=4999;t=\d+$/);
    expect(answer.headers.get('ratelimit-policy')).toBe('"tier-premium";q=5000;w=5');
    expect(answer.headers.get('x-request-id')).toMatch(/\S/);
    if (status >= 400) expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });

  test('are limited by tier where the customer has no limit of its own; keys of the whole coordinator are not', async () => {
    const key = await api.customer('tiered');
    const {headers} = await api.ask('GET', '/v1/workloads', {key});
    expect(headers.get('ratelimit-policy')).toBe('"tier-premium";q=5000;w=5');
    expect((await api.ask('GET', '/v1/workloads', {key: api.admin})).headers.get('ratelimit')).toBeNull();
  });
});

test('what may wait is limited, for single ones and batches', async () => {
  const key = await api.customer('small', {pending: 3});
  const batch = (count: number) => ({workloads: Array.from({length: count}, () => body)});
  expect((await api.ask('POST', '/v1/workloads/batch', {key, body: batch(4)})).json.code).toBe('quota-pending');
  expect((await api.ask('POST', '/v1/workloads/batch', {key, body: batch(2)})).status).toBe(201);
  expect((await api.ask('POST', '/v1/workloads', {key, body})).status).toBe(201);
  const refused = await api.ask('POST', '/v1/workloads', {key, body});
  expect(refused).toMatchObject({status: 429, json: {code: 'quota-pending'}});
  expect(refused.headers.get('retry-after')).not.toBeNull();
});

test('who tries keys that are none is slowed down; whoever has one goes on', async () => {
  const key = await api.customer('honest');
  expect((await api.ask('GET', '/v1/workloads', {key})).status).toBe(200);
  const statuses: number[] = [];
  for (let index = 0; index < 40; index++) {
    const wrong = `nyk_${'a'.repeat(12)}_${String(index).padStart(43, 'x')}`;
    statuses.push((await api.ask('GET', '/v1/workloads', {key: wrong})).status);
  }
  expect(new Set(statuses)).toEqual(new Set([401, 429]));
  expect(statuses.at(-1)).toBe(429);
  await api.restart();
  expect((await api.ask('GET', '/v1/workloads', {key})).status).toBe(200);
});
