import {pino} from 'pino';
import {expect, onTestFinished, test} from 'vitest';
import {apiMetrics} from '../../../src/engine/api/metrics/api-metrics.ts';
import {createKey, defaultAccessRules} from '../../../src/engine/coordinator/access/index.ts';
import {openReception} from '../../../src/engine/coordinator/requests/reception.ts';
import {startGrpc} from '../../../src/engine/grpc/start-grpc.ts';
import {structOf} from '../../../src/engine/grpc/wire/well-known.ts';
import {prometheusMeasures} from '../../../src/engine/telemetry/metrics/index.ts';
import {type Stage, stage} from '../coordinator/harness/stage.ts';
import {callMethod, clientOf} from './client.ts';

/** SchedulerService before a real coordinator, which decides and runs. */
async function serve() {
  const theatre: Stage = await stage(['h1', 'h2']);
  const {coordinator, store} = theatre;
  const {text: key} = await createKey(store, {role: 'operator'}, {name: 'cli:test'});
  const reception = openReception({coordinator, rules: defaultAccessRules, throttled() {}, submitted() {}});
  await store.putCustomer(
    {id: 'default', name: 'Default', tier: 'standard', limits: {}, suspended: false},
    {name: 'cli:test'},
  );
  const listen = {host: '127.0.0.1', port: 0};
  const server = await startGrpc({
    reception,
    listen,
    log: pino({level: 'silent'}),
    measures: apiMetrics(coordinator, prometheusMeasures({version: 'test', most: 10})),
  });
  const client = clientOf(server.address);
  onTestFinished(async () => {
    client.close();
    await server.stop(2000);
  });
  const call = (method: string, request: object = {}) => callMethod(client, method, request, {key});
  return {
    ...theatre,
    call,
    async becomes(id: string, state: string): Promise<void> {
      const now = async () => (await call('GetWorkload', {id})).one.summary.state;
      await expect.poll(now, {timeout: 20_000}).toBe(`WORKLOAD_STATE_${state}`);
    },
  };
}

const workload = structOf({name: 'job', type: 'stage'});

test('what is submitted runs, is followed to its end, and tells all of it', async () => {
  const it = await serve();
  const {one} = await it.call('SubmitWorkload', {workload});
  const followed = it.call('StreamLogs', {id: one.id, follow: true});
  await it.becomes(one.id, 'RUNNING');
  it.type.running('job')!.end({exitCode: 0, result: {rows: 7}});
  expect((await followed).messages.at(-1).end).toEqual({state: 'WORKLOAD_STATE_SUCCEEDED', exitCode: 0});
  const {one: result} = await it.call('GetResult', {id: one.id});
  expect(result).toMatchObject({exitCode: 0, result: {structValue: {fields: {rows: {numberValue: 7}}}}});
  const {one: tries} = await it.call('ListAttempts', {id: one.id});
  expect(tries.attempts).toMatchObject([{attempt: 1, state: 'ended', outcome: 'succeeded'}]);
});

test('what waits says why; a drained host takes nothing until it is undrained', async () => {
  const it = await serve();
  for (const name of ['h1', 'h2']) expect((await it.call('DrainWorker', {name})).one.drained).toBe(true);
  const {one} = await it.call('SubmitWorkload', {workload});
  const text = async () =>
    (await it.call('WhyWorkload', {id: one.id})).one.rejected.map((each: {reason: string}) => each.reason);
  await expect.poll(text, {timeout: 20_000}).not.toEqual([]);
  expect((await it.call('ListWorkers')).one.workers.map(({drained}: {drained: boolean}) => drained)).toEqual([
    true,
    true,
  ]);
  await it.call('UndrainWorker', {name: 'h2'});
  await it.becomes(one.id, 'RUNNING');
  expect((await it.call('GetWorkload', {id: one.id})).one.summary.worker).toBe('h2');
  expect((await it.call('CancelWorkload', {id: one.id})).status).toBe('OK');
  await it.becomes(one.id, 'CANCELLED');
  expect((await it.call('TakeCheckpoint', {id: one.id})).status).toBe('FAILED_PRECONDITION');
});
