import {randomUUID} from 'node:crypto';
import type {Readable} from 'node:stream';
import {expect, test} from 'vitest';
import {natsServer} from './harness/nats-server.ts';
import {natsStage} from './harness/nats-stage.ts';

/** The machine is shared: conditions are waited for, never times. */
const patient = {timeout: 30_000};

test('a worker registers, is given a workload, and its end is told', async () => {
  const on = await natsStage(await natsServer());
  await on.coordinator();
  await on.agent('w1');
  const id = await on.submit('report');
  await expect.poll(() => on.state(id), patient).toBe('RUNNING');
  on.type.running('report')!.end({exitCode: 0, result: {rows: 3}});
  await expect.poll(() => on.state(id), patient).toBe('SUCCEEDED');
  expect(await on.row(id)).toMatchObject({exitCode: 0, result: {rows: 3}, attempt: 1, worker: 'w1'});
  expect(await on.states(id)).toEqual(['PENDING', 'SCHEDULED', 'STARTING', 'RUNNING', 'SUCCEEDED']);
  expect(on.type.history).toEqual(['start report.1 on w1']);
});

test('workers are listed with what they said of themselves, and are places like any other', async () => {
  const on = await natsStage(await natsServer());
  const coordinator = await on.coordinator();
  await on.agent('w1');
  await on.agent('w2', {labels: {disk: 'ssd'}});
  await expect.poll(async () => (await on.store.workers()).map(({name}) => name), patient).toEqual(['w1', 'w2']);
  const id = await on.submit('wants-ssd', {placement: {require: {disk: 'ssd'}, prefer: [], avoid: [], beside: []}});
  await expect.poll(() => on.state(id), patient).toBe('RUNNING');
  expect((await on.row(id)).worker).toBe('w2');
  const workers = await coordinator.workers();
  expect(workers).toMatchObject([
    {name: 'w1', kind: 'agent', condition: 'well', running: 0},
    {name: 'w2', kind: 'agent', condition: 'well', labels: {disk: 'ssd'}, running: 1},
  ]);
});

test('types that need no host run in the worker, too, and their checkpoints come to the database', async () => {
  const on = await natsStage(await natsServer());
  const coordinator = await on.coordinator();
  await on.agent('w1');
  const id = await on.submit('nap', {
    type: 'sleep',
    with: {seconds: 600},
    checkpoint: {graceMs: 10_000, signal: 'SIGUSR1', keep: 2},
  });
  await expect.poll(() => on.state(id), patient).toBe('RUNNING');
  const taken = await coordinator.checkpointNow('everyone', id, {name: 'key:ann'});
  expect(taken).toMatchObject({number: 1, why: 'manual', attempt: 1});
  const tar = await coordinator.openCheckpoint('everyone', id, 1);
  expect(String(Buffer.concat(await (tar as Readable).toArray()))).toContain('sleptMs');
  await coordinator.ask('everyone', id, 'pause', {name: 'key:ann'});
  await expect.poll(() => on.state(id), patient).toBe('PAUSED');
  expect((await on.store.checkpoints('everyone', id)).map(({why}) => why)).toEqual(['pause', 'manual']);
  await coordinator.ask('everyone', id, 'resume', {name: 'key:ann'});
  await expect.poll(() => on.state(id), patient).toBe('RUNNING');
  await expect
    .poll(async () => (await on.store.attempts('everyone', id)).map(({restoredFrom}) => restoredFrom), patient)
    .toContain(2);
  await coordinator.ask('everyone', id, 'cancel', {name: 'key:ann'});
  await expect.poll(() => on.state(id), patient).toBe('CANCELLED');
});

test('a workload that is cancelled is ended there', async () => {
  const on = await natsStage(await natsServer());
  const coordinator = await on.coordinator();
  await on.agent('w1');
  const id = await on.submit('report');
  await expect.poll(() => on.state(id), patient).toBe('RUNNING');
  await coordinator.ask('everyone', id, 'cancel', {name: 'key:ann'});
  await expect.poll(() => on.state(id), patient).toBe('CANCELLED');
  expect(on.type.history).toEqual(['start report.1 on w1', 'stop report.1 on w1']);
});

test('files and results of any size come through, in parts where a message is too small for them', async () => {
  const on = await natsStage(await natsServer());
  await on.coordinator();
  const {worker: _} = await on.agent('w1');
  const input = Buffer.alloc(3_000_000, 'in');
  const sha256 = await on.store.putBlob(input);
  let read: Uint8Array | undefined;
  on.type.onInit = async ({workload}) => {
    read = await on.blobsOf('w1').blob(workload.inputs['/in']!);
  };
  const id = await on.submit('large', {}, {'/in': sha256});
  await expect.poll(() => on.state(id), patient).toBe('RUNNING');
  expect(Buffer.compare(Buffer.from(read!), input)).toBe(0);
  const output = Buffer.alloc(5_000_000, 'out');
  const kept = await on.blobsOf('w1').putBlob(output);
  const result = {text: 'x'.repeat(900_000)};
  on.type.running('large')!.end({result, outputs: {'/out': kept}});
  await expect.poll(() => on.state(id), patient).toBe('SUCCEEDED');
  expect((await on.row(id)).result).toEqual(result);
  expect(Buffer.compare(Buffer.from((await on.store.blob(kept))!), output)).toBe(0);
});

test('a worker is told only what belongs to its own attempts', async () => {
  const on = await natsStage(await natsServer());
  await on.coordinator();
  await on.agent('w1', {labels: {mine: 'yes'}});
  await on.agent('w2');
  const sha256 = await on.store.putBlob(Buffer.from('not for w2'));
  const only = {placement: {require: {mine: 'yes'}, prefer: [], avoid: [], beside: []}};
  const id = await on.submit('report', only, {'/in': sha256});
  await expect.poll(() => on.state(id), patient).toBe('RUNNING');
  expect(String(Buffer.from((await on.blobsOf('w1').blob(sha256))!))).toBe('not for w2');
  await expect(on.blobsOf('w2').blob(sha256)).rejects.toMatchObject({code: 'not-yours'});
  await expect(on.blobsOf('w2').checkpoints('everyone', id)).rejects.toMatchObject({code: 'not-yours'});
  await expect(on.blobsOf('w2').secrets(['db'])).rejects.toMatchObject({code: 'not-yours'});
  await expect(on.blobsOf('w2').registryAccess('shop/report:1')).rejects.toMatchObject({code: 'not-yours'});
});

test('a second worker of the same name is refused; the first goes on', async () => {
  const on = await natsStage(await natsServer());
  await on.coordinator();
  const first = await on.agent('w1');
  await first.worker.registered;
  const second = await on.agent('w1');
  await expect(second.worker.refused).rejects.toMatchObject({code: 'worker-name-taken'});
  const id = await on.submit('report');
  await expect.poll(() => on.state(id), patient).toBe('RUNNING');
  expect([...first.worker.executions.all()]).toHaveLength(1);
  expect([...second.worker.executions.all()]).toHaveLength(0);
});

test('one that starts anew with the same data folder takes its place at once, and takes up what runs', async () => {
  const on = await natsStage(await natsServer());
  await on.coordinator();
  const home = randomUUID();
  const first = await on.agent('w1', {home});
  const id = await on.submit('report');
  await expect.poll(() => on.state(id), patient).toBe('RUNNING');
  await first.kill();
  await on.agent('w1', {home});
  await expect.poll(() => on.type.history, patient).toEqual(['start report.1 on w1', 'adopt report.1 on w1']);
  on.type.running('report')!.end();
  await expect.poll(() => on.state(id), patient).toBe('SUCCEEDED');
  expect((await on.row(id)).attempt).toBe(1);
});
