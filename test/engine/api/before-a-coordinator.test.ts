import {pino} from 'pino';
import {expect, onTestFinished, test} from 'vitest';
import {startApi} from '../../../src/engine/api/start-api.ts';
import {createKey} from '../../../src/engine/coordinator/access/index.ts';
import {type Stage, stage} from '../coordinator/harness/stage.ts';
import {checkAnswer} from './document.ts';
import {ask} from './serving.ts';

/** The API before a real coordinator, which decides and runs. */
async function serve() {
  const theatre: Stage = await stage(['h1', 'h2']);
  const {store, coordinator} = theatre;
  await store.putCustomer(
    {id: 'acme', name: 'Acme', tier: 'premium', limits: {}, suspended: false},
    {name: 'cli:test'},
  );
  const {text: acme} = await createKey(store, {role: 'customer', customer: 'acme'}, {name: 'cli:test'});
  const {text: operator} = await createKey(store, {role: 'operator'}, {name: 'cli:test'});
  const listen = {host: '127.0.0.1', port: 0};
  const api = await startApi({coordinator, listen, log: pino({level: 'silent'}), version: '0.0.0-test'});
  onTestFinished(() => api.stop(1000));
  return {
    ...theatre,
    api,
    acme,
    async call(method: string, path: string, body?: object, key = acme) {
      const answer = await ask(api.address, method, path, {key, body});
      await checkAnswer(method, path, answer);
      return answer;
    },
    operate(method: string, path: string) {
      return this.call(method, path, undefined, operator);
    },
    async submitted(workload: object): Promise<string> {
      const {status, json, text} = await this.call('POST', '/v1/workloads', {workload});
      expect(status, text).toBe(201);
      return json.id;
    },
    async becomes(id: string, state: string): Promise<void> {
      await expect
        .poll(async () => (await this.call('GET', `/v1/workloads/${id}`)).json.state, {timeout: 20_000})
        .toBe(state);
    },
  };
}

const job = {name: 'job', type: 'stage'};

test('what is submitted runs, ends, and tells all of it', async () => {
  const it = await serve();
  const id = await it.submitted(job);
  await it.becomes(id, 'RUNNING');
  it.type.running('job')!.end({exitCode: 0, result: {rows: 7}});
  await it.becomes(id, 'SUCCEEDED');
  expect((await it.call('GET', `/v1/workloads/${id}/result`)).json).toMatchObject({exitCode: 0, result: {rows: 7}});
  expect((await it.call('GET', `/v1/workloads/${id}/attempts`)).json.items).toMatchObject([
    {attempt: 1, state: 'ended', outcome: 'succeeded'},
  ]);
  const {json: audit} = await it.call('GET', `/v1/audit?workload=${id}`);
  expect(audit.items.map(({to}: {to?: string}) => to).filter(Boolean)).toEqual([
    'PENDING',
    'SCHEDULED',
    'STARTING',
    'RUNNING',
    'SUCCEEDED',
  ]);
});

test('a log is followed over the end of the workload', async () => {
  const it = await serve();
  const id = await it.submitted(job);
  const headers = {Accept: 'text/event-stream'};
  const followed = ask(it.api.address, 'GET', `/v1/workloads/${id}/logs`, {key: it.acme, headers});
  await it.becomes(id, 'RUNNING');
  it.type.running('job')!.end({exitCode: 3, outcome: 'failed', reason: 'exit 3'});
  expect((await followed).text).toContain('event: end\ndata: {"state":"FAILED","exitCode":3}');
});

test('people pause, resume, cancel and retry what runs', async () => {
  const it = await serve();
  const id = await it.submitted(job);
  await it.becomes(id, 'RUNNING');
  expect((await it.call('POST', `/v1/workloads/${id}/pause`)).json.wanted).toBe('pause');
  await it.becomes(id, 'PAUSED');
  await it.call('POST', `/v1/workloads/${id}/resume`);
  await it.becomes(id, 'RUNNING');
  await it.call('POST', `/v1/workloads/${id}/cancel`);
  await it.becomes(id, 'CANCELLED');
  expect(it.type.running('job')).toBeUndefined();
  await it.call('POST', `/v1/workloads/${id}/retry`);
  await it.becomes(id, 'RUNNING');
});

test('a sleeping workload writes a checkpoint when it is told to, which is downloaded', async () => {
  const it = await serve();
  const id = await it.submitted({name: 'nap', type: 'sleep', with: {seconds: 600}, checkpoint: {}});
  await it.becomes(id, 'RUNNING');
  const {status, json, text} = await it.call('POST', `/v1/workloads/${id}/checkpoint`);
  expect(status, text).toBe(201);
  expect(json).toMatchObject({number: 1, why: 'manual', stored: 'database'});
  const listed = await it.call('GET', `/v1/workloads/${id}/checkpoints`);
  expect(listed.json.items).toMatchObject([{number: 1}]);
  const tar = await it.call('GET', `/v1/workloads/${id}/checkpoints/1`);
  expect(tar.status).toBe(200);
  expect(tar.text).toContain('state.json');
});

test('why says what a workload waits for; names of hosts are for operators', async () => {
  const it = await serve();
  const id = await it.submitted({...job, resources: {cpu: 1000}});
  const why = async (key?: string) => (await it.call('GET', `/v1/workloads/${id}/why`, undefined, key)).json;
  await expect.poll(async () => (await why()).rejected.length).toBeGreaterThan(0);
  expect((await why()).rejected.flatMap(({some}: {some: string[]}) => some)).toEqual([]);
});

test('a drained host takes nothing until it is undrained', async () => {
  const it = await serve();
  const first = await it.submitted(job);
  await it.becomes(first, 'RUNNING');
  for (const host of ['h1', 'h2'])
    expect((await it.operate('POST', `/v1/workers/${host}/drain`)).json.drained).toBe(true);
  const second = await it.submitted({...job, name: 'second'});
  const why = async () => (await it.call('GET', `/v1/workloads/${second}/why`)).json;
  await expect.poll(async () => (await why()).state).toBe('PENDING');
  await it.operate('POST', '/v1/workers/h1/undrain');
  await it.becomes(second, 'RUNNING');
  const {json} = await it.operate('GET', '/v1/workers');
  expect(json.items).toMatchObject([
    {name: 'h1', drained: false, condition: 'well'},
    {name: 'h2', drained: true},
  ]);
});

test('what comes after runs when it may, and never when it may not', async () => {
  const it = await serve();
  const after = (on: string) => [{workload: 'first', on}];
  const workloads = [
    {workload: {...job, name: 'first'}},
    {workload: {...job, name: 'then', after: after('success')}},
    {workload: {...job, name: 'rescue', after: after('failure')}},
  ];
  const {json} = await it.call('POST', '/v1/workloads/batch', {workloads});
  const [first, then, rescue] = json.items.map(({id}: {id: string}) => id);
  await it.becomes(first, 'RUNNING');
  it.type.running('first')!.end();
  await it.becomes(then, 'RUNNING');
  await it.becomes(rescue, 'CANCELLED');
});

test('a type that nobody knows, and what a type does not take, are refused', async () => {
  const it = await serve();
  const unknown = await it.call('POST', '/v1/workloads', {workload: {name: 'x', type: 'nobody'}});
  expect(unknown).toMatchObject({status: 422, json: {code: 'unknown-type', hint: expect.stringContaining('sleep')}});
  const wrong = await it.call('POST', '/v1/workloads', {workload: {name: 'x', type: 'sleep', with: {seconds: 'many'}}});
  expect(wrong).toMatchObject({status: 400, json: {errors: [{pointer: '#/workload/with/seconds'}]}});
});
