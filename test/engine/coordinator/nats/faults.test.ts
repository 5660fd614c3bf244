import {expect, test} from 'vitest';
import {natsServer} from './harness/nats-server.ts';
import {natsStage} from './harness/nats-stage.ts';
import {relayTo} from './harness/relay.ts';

const patient = {timeout: 40_000};

test('a worker that is killed is lost, its workload goes on elsewhere; back again, it ends what was given away', async () => {
  const on = await natsStage(await natsServer());
  await on.coordinator();
  const first = await on.agent('w1');
  const id = await on.submit('report');
  await expect.poll(() => on.state(id), patient).toBe('RUNNING');
  await on.agent('w2');
  await first.kill();
  await expect.poll(async () => (await on.row(id)).worker, patient).toBe('w2');
  await expect.poll(() => on.state(id), patient).toBe('RUNNING');
  expect(await on.row(id)).toMatchObject({attempt: 2});
  // What it left there runs on until it is back.
  expect(on.type.history).toEqual(['start report.1 on w1', 'start report.2 on w2']);
  await on.agent('w1', {home: first.home});
  await expect.poll(() => on.type.history, patient).toContain('stop report.1 on w1');
  expect(await on.row(id)).toMatchObject({attempt: 2, worker: 'w2', state: 'RUNNING'});
});

test('a worker that was cut off finds its attempt fenced and stops it; what it says of it does not count', async () => {
  const server = await natsServer();
  const on = await natsStage(server);
  await on.coordinator();
  const relay = await relayTo(server.port);
  await on.agent('w1', {url: relay.url});
  const id = await on.submit('report');
  await expect.poll(() => on.state(id), patient).toBe('RUNNING');
  await on.agent('w2');
  relay.cut();
  await expect.poll(async () => (await on.row(id)).worker, patient).toBe('w2');
  await expect.poll(() => on.state(id), patient).toBe('RUNNING');
  expect(on.type.history).toEqual(['start report.1 on w1', 'start report.2 on w2']);
  relay.heal();
  await expect.poll(() => on.type.history, patient).toContain('stop report.1 on w1');
  expect(await on.row(id)).toMatchObject({attempt: 2, worker: 'w2', state: 'RUNNING'});
  on.type.running('report')!.end();
  await expect.poll(() => on.state(id), patient).toBe('SUCCEEDED');
});

test('while the broker is away what runs goes on, and its end is told when it is back', async () => {
  const server = await natsServer();
  const on = await natsStage(server);
  const coordinator = await on.coordinator();
  await on.agent('w1');
  const id = await on.submit('report');
  const waits = {onLost: 'wait'} as const;
  const other = await on.submit('patient', waits);
  await expect.poll(() => on.state(id), patient).toBe('RUNNING');
  await expect.poll(() => on.state(other), patient).toBe('RUNNING');
  await server.kill();
  await expect.poll(() => coordinator.broker.trouble(), patient).toMatch(/does not answer/);
  on.type.running('patient')!.end({result: 'kept'});
  await expect.poll(() => on.state(other), patient).toBe('LOST');
  expect(coordinator.health().ready).toBe(true);
  await server.start();
  await expect.poll(() => on.state(other), patient).toBe('SUCCEEDED');
  expect(await on.row(other)).toMatchObject({attempt: 1, result: 'kept'});
  await expect.poll(() => coordinator.broker.trouble(), patient).toBeUndefined();
  expect(coordinator.broker.counts().reconnects).toBeGreaterThan(0);
});

test('an end that is told while no coordinator is up stands in the stream, and counts at the next start', async () => {
  const on = await natsStage(await natsServer());
  const first = await on.coordinator();
  const agent = await on.agent('w1');
  const id = await on.submit('report');
  await expect.poll(() => on.state(id), patient).toBe('RUNNING');
  await expect.poll(() => on.streamed(), patient).toBe(0);
  await first.stop({deadlineMs: 5000});
  on.type.running('report')!.end({result: {rows: 3}});
  await expect.poll(() => on.streamed(), patient).toBeGreaterThan(0);
  // Not even the worker is needed any more.
  await agent.kill();
  await on.coordinator();
  await expect.poll(() => on.state(id), patient).toBe('SUCCEEDED');
  expect(await on.row(id)).toMatchObject({attempt: 1, result: {rows: 3}});
  await expect.poll(() => on.streamed(), patient).toBe(0);
});

test('what a worker says twice, or much later, changes nothing', async () => {
  const on = await natsStage(await natsServer());
  await on.coordinator();
  const {worker} = await on.agent('w1');
  const id = await on.submit('report');
  await expect.poll(() => on.state(id), patient).toBe('RUNNING');
  const of = worker.ref(id)!;
  const end = {outcome: 'succeeded', reason: 'exit 0', exitCode: 0} as const;
  const saying = on.sayingOf('w1');
  const signal = new AbortController().signal;
  expect(await saying.say({v: 1, kind: 'end', of, end}, signal)).toBe('counted');
  expect(await on.state(id)).toBe('SUCCEEDED');
  expect(await saying.say({v: 1, kind: 'end', of, end: {...end, outcome: 'failed'}}, signal)).toBe('fenced');
  expect(await saying.say({v: 1, kind: 'state', of, to: 'RUNNING'}, signal)).toBe('fenced');
  expect(await on.state(id)).toBe('SUCCEEDED');
  // The attempt itself, which nobody waits for any more, is ended there.
  await expect.poll(() => on.type.history, patient).toContain('stop report.1 on w1');
});

test('a worker cannot say anything of an attempt of another, even if it knew its lease', async () => {
  const on = await natsStage(await natsServer());
  await on.coordinator();
  const one = await on.agent('w1', {labels: {mine: 'yes'}});
  await on.agent('w2');
  const only = {placement: {require: {mine: 'yes'}, prefer: [], avoid: [], beside: []}};
  const id = await on.submit('report', only);
  await expect.poll(() => on.state(id), patient).toBe('RUNNING');
  const of = one.worker.ref(id)!;
  const foreign = on.sayingOf('w2');
  const signal = new AbortController().signal;
  const end = {outcome: 'failed', reason: 'sabotage'} as const;
  expect(await foreign.say({v: 1, kind: 'end', of, end}, signal)).toBe('fenced');
  expect(await foreign.say({v: 1, kind: 'state', of, to: 'CHECKPOINTING'}, signal)).toBe('fenced');
  const checkpoint = {number: 1, size: 1, sha256: '0'.repeat(64), why: 'own', place: {kind: 'blob'}} as const;
  expect(await foreign.say({v: 1, kind: 'checkpoint', of, checkpoint, keep: 3}, signal)).toBe('fenced');
  expect(await on.state(id)).toBe('RUNNING');
  expect(await on.store.checkpoints('everyone', id)).toEqual([]);
});

test('another coordinator that takes the lead goes on with what workers carry out', async () => {
  const on = await natsStage(await natsServer());
  const first = await on.coordinator();
  const second = await on.coordinator();
  const {worker} = await on.agent('w1');
  const id = await on.submit('report');
  await expect.poll(() => on.state(id), patient).toBe('RUNNING');
  await first.stop({deadlineMs: 5000});
  await expect.poll(() => second.leads(), patient).toBe(true);
  const next = await on.submit('after-it');
  await expect.poll(() => on.state(next), patient).toBe('RUNNING');
  on.type.running('report')!.end();
  await expect.poll(() => on.state(id), patient).toBe('SUCCEEDED');
  expect((await on.row(id)).attempt).toBe(1);
  expect([...worker.executions.all()].map(each => each.id)).toEqual([next]);
});

test('a worker that leaves has what can be saved written down, and gives back what does not end in time', async () => {
  const on = await natsStage(await natsServer());
  await on.coordinator();
  const leaving = await on.agent('w1');
  const saves = {type: 'sleep', with: {seconds: 600}, checkpoint: {graceMs: 10_000, signal: 'SIGUSR1', keep: 2}};
  const saved = await on.submit('saved', saves);
  const endless = await on.submit('endless');
  await expect.poll(() => on.state(saved), patient).toBe('RUNNING');
  await expect.poll(() => on.state(endless), patient).toBe('RUNNING');
  await on.agent('w2');
  await leaving.worker.leave(4000);
  expect([...leaving.worker.executions.all()]).toEqual([]);
  await leaving.kill();
  for (const id of [saved, endless]) {
    await expect.poll(async () => (await on.row(id)).worker, patient).toBe('w2');
    await expect.poll(() => on.state(id), patient).toBe('RUNNING');
    expect((await on.row(id)).attempt).toBe(2);
  }
  expect(await on.store.checkpoints('everyone', saved)).toMatchObject([{why: 'drain'}]);
  expect((await on.store.attempts('everyone', saved)).map(({outcome}) => outcome)).toContain('drained');
  await expect
    .poll(async () => (await on.store.workers()).find(({name}) => name === 'w1')?.unusable, patient)
    .toBe('it has left');
});
