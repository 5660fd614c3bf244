import {afterAll, beforeAll, expect, test} from 'vitest';
import {type Serving, serving} from './serving.ts';

let api: Serving;
let acme: string;
beforeAll(async () => {
  api = await serving();
  acme = await api.customer('acme');
  const capacity = {cpu: 4, memory: 2 ** 33, gpu: 0, disk: 2 ** 40};
  await api.store.beat([
    {name: 'h1', kind: 'ssh', labels: {disk: 'ssd'}, capacity},
    {name: 'h2', kind: 'ssh', labels: {}, capacity: {...capacity, cpu: 1}},
  ]);
});
afterAll(() => api.end());

const job = (more: object = {}) => ({name: 'job', type: 'sleep', with: {ms: 1}, ...more});
const ask = (body: object, key = acme) => api.ask('POST', '/v1/schedule', {key, body});

test('it says where each of many would start, and nothing starts or is kept', async () => {
  const answer = await ask({workloads: [{workload: job({resources: {cpu: 2}}), count: 3}]});
  expect(answer).toMatchObject({status: 200, json: {placed: 2, unplaced: 1}});
  expect(answer.json.placements.map(({worker}: {worker?: string}) => worker)).toEqual(['h1', 'h1', undefined]);
  expect(answer.json.placements[2]).toMatchObject({workload: 0, number: 3, name: 'job'});
  expect(answer.json.placements[2].rejected).not.toEqual([]);
  expect((await api.store.workloads('everyone', {limit: 10})).items).toEqual([]);
});

test('what runs takes its room', async () => {
  const leadership = (await api.store.lead({coordinator: 'test', ttlMs: 60_000}))!;
  const submitted = await api.ask('POST', '/v1/workloads', {key: acme, body: {workload: job({resources: {cpu: 3}})}});
  const {id} = submitted.json;
  await api.store.place(leadership, [{workload: id, attempt: 1, worker: 'h1', reason: 'fits'}]);
  const {json} = await ask({
    workloads: [{workload: job({resources: {cpu: 1}, placement: {require: {disk: 'ssd'}}}), count: 2}],
  });
  expect(json).toMatchObject({placed: 1, unplaced: 1});
  await api.store.change(leadership, [{workload: id, from: 'SCHEDULED', attempt: 1, to: 'CANCELLED', reason: 'test'}]);
});

test('hosts of the request stand in for those that there are', async () => {
  const hosts = [
    {name: 'mine', region: 'eu', capacity: {cpu: 8, memory: 2 ** 34}},
    {name: 'full', capacity: {cpu: 0, memory: 0}},
  ];
  const {json} = await ask({
    workloads: [{workload: job({resources: {cpu: 5}, placement: {require: {region: 'eu'}}})}],
    hosts,
  });
  expect(json.placements).toMatchObject([{worker: 'mine', because: 'the only host that fits'}]);
});

test('names of hosts that did not fit are for keys of the whole coordinator', async () => {
  const body = {workloads: [{workload: job({resources: {cpu: 64}})}]};
  expect((await ask(body)).json.placements[0].rejected[0].some).toEqual([]);
  expect(
    (await ask(body, api.admin)).json.placements[0].rejected.flatMap(({some}: {some: string[]}) => some),
  ).toContain('h1');
});

test.each([
  [
    'too many by their counts',
    {workloads: Array.from({length: 11}, () => ({workload: job(), count: 1000}))},
    '#/workloads',
  ],
  ['a workload that is none', {workloads: [{workload: {name: 'x'}}]}, '#/workloads/0/workload'],
  [
    'a host twice',
    {
      workloads: [{workload: job()}],
      hosts: [
        {name: 'a', capacity: {cpu: 1, memory: 1}},
        {name: 'a', capacity: {cpu: 1, memory: 1}},
      ],
    },
    '#/hosts',
  ],
])('%s is refused by its place', async (_, body, pointer) => {
  const {status, json} = await ask(body);
  expect(status).toBe(400);
  expect(json.errors[0].pointer).toContain(pointer);
});
