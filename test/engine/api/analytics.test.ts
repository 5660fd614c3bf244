import {afterAll, beforeAll, expect, test} from 'vitest';
import {type Serving, serving} from './serving.ts';

let api: Serving;
let acme: string;
beforeAll(async () => {
  api = await serving({costs: {cpuHour: 36, memoryGibHour: 3.6, gpuHour: 360, currency: 'EUR'}});
  acme = await api.customer('acme');
  const other = await api.customer('other');
  const leadership = (await api.store.lead({coordinator: 'test', ttlMs: 60_000}))!;
  await api.store.beat([{name: 'h1', kind: 'ssh', labels: {}, capacity: {cpu: 4, memory: 2 ** 33, gpu: 0, disk: 9}}]);
  const run = async (key: string, workload: object, ends: boolean) => {
    const {json} = await api.ask('POST', '/v1/workloads', {key, body: {workload}});
    const [attempt] = await api.store.place(leadership, [
      {workload: json.id, attempt: 1, worker: 'h1', reason: 'fits'},
    ]);
    const report = {workload: json.id, attempt: 1, lease: attempt!.lease};
    await api.store.report([{...report, to: 'RUNNING'}]);
    if (ends) await api.store.report([{...report, to: 'SUCCEEDED', outcome: 'succeeded'}]);
  };
  const job = {name: 'job', version: '=1+1', type: 'sleep', with: {ms: 1}, resources: {cpu: 1, memory: '1Gi'}};
  await run(acme, job, true);
  await run(acme, {...job, name: 'goes-on'}, false);
  await run(other, {...job, name: 'secret-plan'}, true);
});
afterAll(() => api.end());

const get = (path: string, key: string, headers = {}) => api.ask('GET', `/v1/analytics/${path}`, {key, headers});

test('trends are by interval, and of the customer alone', async () => {
  const until = new Date((await api.store.now()) + 60_000).toISOString();
  const {status, json} = await get(`trends?interval=12h&until=${until}`, acme);
  expect(status).toBe(200);
  expect(json.intervalMs).toBe(43_200_000);
  const sum = (key: string) => json.items.reduce((all: number, item: Record<string, number>) => all + item[key]!, 0);
  expect([sum('submitted'), sum('succeeded'), sum('failed')]).toEqual([2, 1, 0]);
  const csv = await get('trends', acme, {Accept: 'text/csv'});
  expect(csv.headers.get('content-type')).toContain('text/csv');
  expect(csv.text.split('\r\n')[0]).toBe(
    'at,submitted,succeeded,failed,cancelled,waitedMeanMs,waitedMostMs,ranMeanMs,ranMostMs',
  );
});

test('costs are what attempts reserved by the rates of the settings', async () => {
  const until = new Date((await api.store.now()) + 60_000).toISOString();
  const {json} = await get(`costs?until=${until}`, acme);
  expect(json.rates).toEqual({cpuHour: 36, memoryGibHour: 3.6, gpuHour: 360, currency: 'EUR'});
  expect(json.items).toHaveLength(1);
  const [job] = json.items;
  expect(job).toMatchObject({customer: 'acme', name: 'job', workloads: 1, attempts: 1, gpuHours: 0});
  expect(job.cost).toBeCloseTo(job.hours * (36 + 3.6), 9);
  const all = await get(`costs?by=customer&until=${until}`, api.admin);
  expect(all.json.items.map(({customer}: {customer: string}) => customer).sort()).toEqual(['acme', 'other']);
  expect((await get(`costs?until=${until}&customer=other`, api.admin)).json.items[0].name).toBe('secret-plan');
});

test('what would be a formula in a spreadsheet is text', async () => {
  const until = new Date((await api.store.now()) + 60_000).toISOString();
  const {text} = await get(`costs?until=${until}`, acme, {Accept: 'text/csv'});
  expect(text.split('\r\n')[1]).toMatch(/^acme,job,'=1\+1,1,1,/);
});

test('utilisation is what is held of each worker', async () => {
  const {json} = await get('utilisation', api.admin);
  expect(json.items).toEqual([
    {
      worker: 'h1',
      workloads: 1,
      cpu: {reserved: 1, capacity: 4, percent: 25},
      memory: {reserved: 2 ** 30, capacity: 2 ** 33, percent: 12.5},
      gpu: {reserved: 0, capacity: 0},
    },
  ]);
  expect(json.all.cpu).toEqual({reserved: 1, capacity: 4, percent: 25});
  expect((await get('utilisation', acme)).status).toBe(403);
});

test.each([
  ['trends?from=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z', 'from'],
  ['trends?from=2020-01-01T00:00:00Z&until=2026-01-01T00:00:00Z', 'from'],
  ['trends?interval=1m', 'interval'],
  ['trends?interval=0s', 'interval'],
  ['trends?from=yesterday', 'from'],
  ['costs?by=host', 'by'],
])('%s is refused', async (path, parameter) => {
  const {status, json} = await get(path, acme);
  expect([status, json.errors?.[0]?.parameter]).toEqual([400, parameter]);
});
