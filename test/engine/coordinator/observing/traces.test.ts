import {randomBytes, randomUUID} from 'node:crypto';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pino} from 'pino';
import {expect, onTestFinished, test} from 'vitest';
import {startApi} from '../../../../src/engine/api/start-api.ts';
import {prepareAccess} from '../../../../src/engine/coordinator/access/index.ts';
import {checkpointKeeper} from '../../../../src/engine/coordinator/checkpoints/checkpoint-keeper.ts';
import {systemClock} from '../../../../src/engine/coordinator/clock.ts';
import {originEnv} from '../../../../src/engine/coordinator/observing/origin-env.ts';
import {traceWorkloads} from '../../../../src/engine/coordinator/observing/trace-workloads.ts';
import {startCoordinator} from '../../../../src/engine/coordinator/start-coordinator.ts';
import {openSqliteStore} from '../../../../src/engine/coordinator/store/open-store.ts';
import type {Store} from '../../../../src/engine/coordinator/store/store.ts';
import {silentMeasures} from '../../../../src/engine/telemetry/metrics/index.ts';
import {otlpTracing} from '../../../../src/engine/telemetry/tracing/otlp-tracing.ts';
import {type FakeOtlpReceiver, fakeOtlpReceiver, type ReceivedSpan} from '../../telemetry/fake-otlp-receiver.ts';
import {quick} from '../harness/stage.ts';
import {StagePool} from '../harness/stage-pool.ts';
import {StageType} from '../harness/stage-type.ts';

/** Coordinators with their APIs over one real store, with a type and workers on stage; all tell one fake collector. */
async function traced() {
  const folder = await mkdtemp(join(tmpdir(), 'niyanta-traces-'));
  onTestFinished(() => rm(folder, {recursive: true, force: true}));
  const store = await openSqliteStore(folder, {usageHalfLifeMs: 86_400_000});
  onTestFinished(() => store.close());
  const receiver = await fakeOtlpReceiver();
  const key = (await prepareAccess(store, {name: 'cli:test'}))!;
  const [pool, type] = [new StagePool('h1'), new StageType()];
  return {store, receiver, type, key, another: () => begin(store, receiver, pool, type)};
}

async function begin(store: Store, {url}: FakeOtlpReceiver, workers: StagePool, type: StageType) {
  const logged: Record<string, unknown>[] = [];
  const log = pino({level: 'info'}, {write: line => void logged.push(JSON.parse(line))});
  const id = randomUUID();
  const tracing = otlpTracing({
    url,
    ratio: 1,
    everyMs: 20,
    version: '1',
    instance: id,
    measures: silentMeasures,
  });
  const checkpoints = checkpointKeeper(store);
  const coordinator = await startCoordinator({
    id,
    store,
    workers,
    types: [type],
    checkpoints,
    settings: quick,
    clock: systemClock,
    random: () => 0.5,
    randomBytes,
    log,
    tracing,
  });
  const stopTraces = traceWorkloads(coordinator, tracing, log);
  const api = await startApi({coordinator, listen: {host: '127.0.0.1', port: 0}, log, version: '1', tracing});
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    await api.stop(1000);
    await coordinator.stop({deadlineMs: 5000});
    await stopTraces();
    await tracing.close(5000);
  };
  const once = () => {
    stopped ??= stop();
    return stopped;
  };
  onTestFinished(once);
  return {coordinator, address: api.address, logged, stop: once};
}

async function submit(address: string, key: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await fetch(`${address}/v1/workloads`, {
    method: 'POST',
    headers: {authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers},
    body: JSON.stringify({
      workload: {apiVersion: 'niyanta/v1', kind: 'Workload', name: 'traced', type: 'stage', retries: {max: 1}},
    }),
  });
  expect([answer.status, answer.status === 201 ? '' : await answer.clone().text()]).toEqual([201, '']);
  return ((await answer.json()) as {id: string}).id;
}

/** Names with what they are part of: `run < attempt < workload < POST /v1/workloads`. */
const paths = (spans: readonly ReceivedSpan[]): readonly string[] => {
  const byId = new Map(spans.map(span => [span.spanId, span]));
  const path = (span: ReceivedSpan): string => {
    const parent = byId.get(span.parentSpanId ?? '');
    return parent ? `${span.name} < ${path(parent)}` : span.name;
  };
  return spans.map(path).sort();
};

const whole = [
  'POST /v1/workloads',
  'attempt < workload < POST /v1/workloads',
  'finish < attempt < workload < POST /v1/workloads',
  'prepare (image, inputs) < attempt < workload < POST /v1/workloads',
  'run < attempt < workload < POST /v1/workloads',
  'schedule < attempt < workload < POST /v1/workloads',
  'start < attempt < workload < POST /v1/workloads',
  'start container < attempt < workload < POST /v1/workloads',
  'wait in queue < workload < POST /v1/workloads',
  'workload < POST /v1/workloads',
];

test('one workload is one trace, from its submission to its end; lines of the log name it', async () => {
  const {store, receiver, type, key, another} = await traced();
  const one = await another();
  const id = await submit(one.address, key, {'x-request-id': 'order-66'});
  await expect.poll(() => type.running('traced')).toBeDefined();
  const row = (await store.workload('everyone', id))!;
  expect(row.request).toBe('order-66');
  const [, traceId = '', submitted] = row.traceparent!.split('-');
  type.running('traced')!.end();
  await expect.poll(() => paths(receiver.trace(traceId))).toEqual(whole);
  const spans = receiver.trace(traceId);
  expect(spans.find(({name}) => name === 'POST /v1/workloads')!.spanId).toBe(submitted);
  for (const {startTimeUnixNano, endTimeUnixNano} of spans)
    expect(BigInt(endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(startTimeUnixNano));
  const told = originEnv({workload: row, attempt: 1});
  expect(told.NIYANTA_REQUEST_ID).toBe('order-66');
  expect(told.TRACEPARENT).toBe(`00-${traceId}-${spans.find(({name}) => name === 'run')!.spanId}-01`);
  await expect
    .poll(() => one.logged.filter(line => line.requestId === 'order-66').map(({msg}) => msg))
    .toEqual(['a workload was accepted', 'an attempt is carried out', 'an attempt is over here']);
  for (const line of one.logged.filter(each => each.requestId === 'order-66')) expect(line.traceId).toBe(traceId);
});

test('a trace goes on over a change of the leader, and a retry is in it', async () => {
  const {store, receiver, type, key, another} = await traced();
  const one = await another();
  const other = await another();
  const caller = {traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'};
  const id = await submit(other.address, key, caller);
  await expect.poll(() => type.running('traced')).toBeDefined();
  await one.stop();
  await expect.poll(() => other.coordinator.leads()).toBe(true);
  await expect.poll(() => type.running('traced')!.executions).toBe(2);
  type.running('traced')!.end({outcome: 'failed', exitCode: 1, reason: 'exit 1'});
  await expect.poll(() => type.running('traced')?.attempt).toBe(2);
  type.running('traced')!.end();
  await expect.poll(async () => (await store.workload('everyone', id))!.state).toBe('SUCCEEDED');
  const names = () => paths(receiver.trace('0af7651916cd43dd8448eb211c80319c'));
  await expect.poll(() => names().filter(path => path.startsWith('run <'))).toHaveLength(2);
  expect(names().filter(path => !path.endsWith('POST /v1/workloads'))).toEqual([]);
  expect(names().filter(path => path.startsWith('attempt <'))).toHaveLength(2);
  expect(names().filter(path => path.startsWith('wait for retry <'))).toHaveLength(1);
});

test('what a leader could not tell before its end is told by the next', async () => {
  const {store, receiver, type, key, another} = await traced();
  const one = await another();
  const id = await submit(one.address, key);
  await expect.poll(() => type.running('traced')).toBeDefined();
  type.running('traced')!.end();
  await expect.poll(async () => (await store.workload('everyone', id))!.state).toBe('SUCCEEDED');
  const traceId = (await store.workload('everyone', id))!.traceparent!.split('-')[1]!;
  await one.stop();
  // As if it had never come.
  receiver.spans.length = 0;
  await another();
  await expect.poll(() => receiver.trace(traceId).map(({name}) => name)).toContain('workload');
});
