import {afterAll, beforeAll, expect, test} from 'vitest';
import {type Serving, serving} from './serving.ts';

let api: Serving;
let acme: string;
beforeAll(async () => {
  api = await serving();
  acme = await api.customer('acme');
});
afterAll(() => api.end());

const hello = {name: 'hello', image: 'docker.io/library/busybox:1.37'};
const scheduled = {...hello, schedule: {cron: '0 3 * * *'}};

test.each<[string, object, string]>([
  ["the host's files", {mounts: ['/etc:/host']}, '#/workload/mounts'],
  ['more capabilities', {capabilities: {add: ['SYS_ADMIN']}}, '#/workload/capabilities/add'],
  ["somebody else's secret", {env: {A: `x\${secret:db_password}`}}, '#/workload/env/A'],
  ["another customer's secret", {env: {A: `\${secret:acmeish/token}`}}, '#/workload/env/A'],
])("%s are not for a customer's key, in a workload, a batch or a schedule", async (_, parts, pointer) => {
  const one = await api.ask('POST', '/v1/workloads', {key: acme, body: {workload: {...hello, ...parts}}});
  expect(one, one.text).toMatchObject({status: 403, json: {code: 'not-for-customers'}});
  expect(JSON.stringify(one.json)).toContain(pointer);
  const workloads = [{workload: hello}, {workload: {...hello, ...parts}}];
  const batch = await api.ask('POST', '/v1/workloads/batch', {key: acme, body: {workloads}});
  expect(batch).toMatchObject({status: 403, json: {code: 'not-for-customers'}});
  const schedule = await api.ask('POST', '/v1/schedules', {key: acme, body: {workload: {...scheduled, ...parts}}});
  expect(schedule).toMatchObject({status: 403, json: {code: 'not-for-customers'}});
});

test('its own secrets are', async () => {
  const workload = {...hello, env: {A: `\${secret:acme/token}`}};
  const answer = await api.ask('POST', '/v1/workloads', {key: acme, body: {workload}});
  expect(answer.status, answer.text).toBe(201);
});

test('who runs the coordinator may submit all of it for a customer', async () => {
  const workload = {...hello, mounts: ['/etc:/host'], env: {A: `\${secret:db_password}`}};
  const answer = await api.ask('POST', '/v1/workloads?customer=acme', {key: api.admin, body: {workload}});
  expect(answer.status, answer.text).toBe(201);
});
