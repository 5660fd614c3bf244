import {afterAll, beforeAll, expect, test} from 'vitest';
import {structOf} from '../../../src/engine/grpc/wire/well-known.ts';
import {traceContextOf} from '../../../src/engine/telemetry/tracing/index.ts';
import {type Calling, calling} from './calling.ts';

const SERVICE = 'niyanta.v1.SchedulerService';
const workload = structOf({name: 'seen', type: 'sleep', with: {ms: 1}});
const patient = {timeout: 20_000};

let grpc: Calling;
beforeAll(async () => {
  grpc = await calling();
});
afterAll(() => grpc.end());

/** A series of what Prometheus reads, by its name and labels; 0 when there is none. */
async function counted(name: string, labels: Readonly<Record<string, string>>): Promise<number> {
  const lines = (await grpc.metrics.text())
    .split('\n')
    .filter(line => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const line = lines.find(each => wanted.every(part => each.includes(part)));
  return Number(line?.split(' ').at(-1) ?? 0);
}

const calls = (method: string, status: string) =>
  counted('niyanta_api_request_duration_seconds_count', {method: 'gRPC', route: `/${SERVICE}/${method}`, status});
const inFlight = () => counted('niyanta_api_requests_in_flight', {});

test.each([
  ['OK', 'ListWorkloads', {}, {}, undefined],
  ['INVALID_ARGUMENT', 'GetWorkload', {id: 'x'}, {}, 'invalid-request'],
  ['UNAUTHENTICATED', 'ListWorkers', {}, {key: undefined}, 'no-key'],
  ['NOT_FOUND', 'GetCustomer', {id: 'nobody'}, {}, 'not-found'],
])('a call that ends %s counts by its name and status', async (status, method, request, asked, code) => {
  const errors = () => counted('niyanta_api_errors_total', {code: code ?? ''});
  const before = {calls: await calls(method, status), errors: await errors()};
  expect((await grpc.call(method, request, asked)).status).toBe(status);
  await expect.poll(() => calls(method, status), patient).toBe(before.calls + 1);
  if (code !== undefined) await expect.poll(errors, patient).toBe(before.errors + 1);
});

test('who is refused for calling too often counts by the limit that was used up', async () => {
  const key = await grpc.customer('hasty', {rate: {perSecond: 0.01, burst: 1}});
  expect((await grpc.call('ListWorkloads', {}, {key})).status).toBe('OK');
  expect((await grpc.call('ListWorkloads', {}, {key})).status).toBe('RESOURCE_EXHAUSTED');
  expect(await counted('niyanta_api_throttled_total', {policy: 'customer'})).toBe(1);
  await expect.poll(() => calls('ListWorkloads', 'RESOURCE_EXHAUSTED'), patient).toBe(1);
});

test('a stream is in flight until its reader goes away, and then counts as cancelled, once', async () => {
  const {one} = await grpc.call('SubmitWorkload', {workload});
  const line = {id: '0', at: '2026-11-21T18:00:00Z', stream: 'stdout' as const, text: 'x', attempt: 1};
  const leadership = (await grpc.store.lead({coordinator: 'test', ttlMs: 3_600_000}))!;
  await grpc.store.beat([{name: 'h1', kind: 'ssh', labels: {}, capacity: {cpu: 4, memory: 8, gpu: 0, disk: 9}}]);
  await grpc.store.place(leadership, [{workload: one.id, attempt: 1, worker: 'h1', reason: 'fits'}]);
  const gone = grpc.call('StreamLogs', {id: one.id, follow: true}, {enough: 1});
  await expect.poll(() => counted('niyanta_log_streams', {}), patient).toBe(1);
  expect(await inFlight()).toBe(1);
  grpc.coordinator.lines.set(one.id, [line]);
  expect((await gone).status).toBe('CANCELLED');
  await expect.poll(() => counted('niyanta_log_streams', {}), patient).toBe(0);
  await expect.poll(inFlight, patient).toBe(0);
  expect(await calls('StreamLogs', 'CANCELLED')).toBe(1);
});

test("a call is a span under the caller's, and what it submits is of the same trace", async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const {one} = await grpc.call(
    'SubmitWorkload',
    {workload, idempotencyKey: 'traced'},
    {metadata: {traceparent, 'x-request-id': 'r-traced'}},
  );
  const found = () => grpc.spans.find(({attributes}) => attributes['niyanta.request.id'] === 'r-traced');
  await expect.poll(found, patient).toBeDefined();
  expect(found()).toMatchObject({
    name: `${SERVICE}/SubmitWorkload`,
    kind: 'server',
    parent: 'b7ad6b7169203331',
    context: {traceId: '0af7651916cd43dd8448eb211c80319c'},
    attributes: {
      'rpc.system': 'grpc',
      'rpc.service': SERVICE,
      'rpc.method': 'SubmitWorkload',
      'rpc.grpc.status_code': 0,
    },
  });
  expect(found()).not.toHaveProperty('error');
  const row = (await grpc.store.workload('everyone', one.id))!;
  expect(traceContextOf(row.traceparent)).toMatchObject(found()!.context);
  const own = grpc.logged.map(text => JSON.parse(text)).filter(({requestId}) => requestId === 'r-traced');
  expect(own.map(({msg}) => msg)).toEqual(expect.arrayContaining(['a workload was accepted']));
  expect(own.find(({workload: id}) => id === one.id)).toMatchObject({traceId: '0af7651916cd43dd8448eb211c80319c'});
});

test('a span of a call that failed here says so; one that was refused does not', async () => {
  const {workers} = grpc.coordinator;
  grpc.coordinator.workers = async () => {
    throw new Error('broken');
  };
  await grpc.call('ListWorkers', {}, {metadata: {'x-request-id': 'r-broken'}});
  grpc.coordinator.workers = workers;
  await grpc.call('GetWorkload', {id: 'x'}, {metadata: {'x-request-id': 'r-refused'}});
  const of = (id: string) => grpc.spans.find(({attributes}) => attributes['niyanta.request.id'] === id);
  await expect.poll(() => of('r-refused'), patient).toBeDefined();
  expect(of('r-broken')).toMatchObject({error: 'INTERNAL', attributes: {'rpc.grpc.status_code': 13}});
  expect(of('r-refused')).not.toHaveProperty('error');
});

test('whether they are let in or not, calls are told with the request and its trace', async () => {
  await grpc.call('ListWorkloads', {}, {key: undefined, metadata: {'x-request-id': 'r-stranger'}});
  const line = () => grpc.logged.map(text => JSON.parse(text)).find(({requestId}) => requestId === 'r-stranger');
  await expect.poll(line, patient).toMatchObject({
    status: 'UNAUTHENTICATED',
    method: `/${SERVICE}/ListWorkloads`,
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
});
