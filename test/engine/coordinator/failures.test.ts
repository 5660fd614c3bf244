import {expect, test} from 'vitest';
import {OutsideError} from '../../../src/engine/spec/errors.ts';
import {stage} from './harness/stage.ts';
import {ann} from './store/samples.ts';

const retries = (max: number, more = {}) => ({
  max,
  backoff: {initialMs: 1, factor: 1, maxMs: 1, jitter: false},
  ...more,
});
const lost = (host: string) => new OutsideError({code: 'connection-lost', message: `${host}: gone`, transient: true});

test('a failure is tried again as often as it says, and then is one', async () => {
  const on = await stage(['h1']);
  const id = await on.submit('flaky', {retries: retries(2)});
  for (const attempt of [1, 2, 3]) {
    await expect.poll(() => on.type.running('flaky')?.attempt).toBe(attempt);
    on.type.running('flaky')!.end({outcome: 'failed', exitCode: 1, reason: 'exit 1'});
  }
  await expect.poll(() => on.state(id)).toBe('FAILED');
  expect(await on.row(id)).toMatchObject({attempt: 3, exitCode: 1, reason: 'exit 1'});
});

test('tried again by hand, its retries count from the beginning', async () => {
  const on = await stage(['h1']);
  const id = await on.submit('flaky', {retries: retries(1)});
  const fail = async (attempt: number) => {
    await expect.poll(() => on.type.running('flaky')?.attempt).toBe(attempt);
    on.type.running('flaky')!.end({outcome: 'failed', exitCode: 1, reason: 'exit 1'});
  };
  await fail(1);
  await fail(2);
  await expect.poll(() => on.state(id)).toBe('FAILED');
  await on.coordinator.ask('everyone', id, 'retry', ann);
  await fail(3);
  await fail(4);
  await expect.poll(() => on.state(id)).toBe('FAILED');
  expect((await on.row(id)).attempt).toBe(4);
});

test('a failure that is not its own does not count against its retries, and goes elsewhere', async () => {
  const on = await stage(['h1', 'h2']);
  const hosts: (string | undefined)[] = [];
  on.type.onInit = async ({host}) => {
    hosts.push(host?.name);
    if (hosts.length < 2) throw new OutsideError({code: 'pull-failed', message: 'registry: 503', transient: true});
  };
  const id = await on.submit('pulled');
  await expect.poll(() => on.state(id)).toBe('RUNNING');
  expect(new Set(hosts).size).toBe(2);
  expect(await on.store.attempts('everyone', id)).toMatchObject([{outcome: 'outside'}, {state: 'running'}]);
});

test('what is never well outside is given up after a while', async () => {
  const on = await stage(['h1']);
  on.type.onInit = async () => {
    throw new OutsideError({code: 'pull-failed', message: 'registry: 503', transient: true});
  };
  const id = await on.submit('pulled');
  await expect.poll(() => on.state(id)).toBe('FAILED');
  expect(await on.row(id)).toMatchObject({attempt: 4, reason: expect.stringContaining('registry: 503')});
});

test('one that fails on several workers is not tried on more of them', async () => {
  const on = await stage(['h1', 'h2', 'h3', 'h4']);
  const id = await on.submit('poison', {retries: retries(100), onLost: 'reschedule'});
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    await expect.poll(() => on.type.running('poison')?.attempt).toBe(attempt);
    const {worker} = on.type.running('poison')!;
    on.type.running('poison')!.break(lost(worker));
    on.pool.silent(11_000, worker);
    const goneOn = async () => (await on.state(id)) === 'FAILED' || (on.type.running('poison')?.attempt ?? 0) > attempt;
    await expect.poll(goneOn).toBe(true);
  }
  expect(await on.row(id)).toMatchObject({state: 'FAILED', reason: expect.stringContaining('quarantined')});
});

test('a lost worker: its workloads go elsewhere, and it is told to stop them when it is back', async () => {
  const on = await stage(['h1', 'h2', 'h3']);
  const id = await on.submit('job');
  await expect.poll(() => on.state(id)).toBe('RUNNING');
  const first = on.type.running('job')!;
  first.break(lost(first.worker));
  on.pool.silent(11_000, first.worker);
  await expect.poll(async () => (await on.row(id)).attempt).toBe(2);
  await expect.poll(() => on.state(id)).toBe('RUNNING');
  expect(first.ended).toBe(false);
  on.pool.silent(0, first.worker);
  await expect.poll(() => first.ended).toBe(true);
  expect(on.type.history).toContain(`stop job.1 on ${first.worker}`);
  expect(await on.state(id)).toBe('RUNNING');
  expect(await on.states(id)).toEqual([
    'PENDING',
    'SCHEDULED',
    'STARTING',
    'RUNNING',
    'LOST',
    'PENDING',
    'SCHEDULED',
    'STARTING',
    'RUNNING',
  ]);
});

test('one that waits for its worker goes on there when that is back', async () => {
  const on = await stage(['h1', 'h2', 'h3']);
  const id = await on.submit('patient', {onLost: 'wait'});
  await expect.poll(() => on.state(id)).toBe('RUNNING');
  const there = on.type.running('patient')!;
  there.break(lost(there.worker));
  on.pool.silent(11_000, there.worker);
  await expect.poll(() => on.state(id)).toBe('LOST');
  on.pool.silent(0, there.worker);
  await expect.poll(() => on.state(id)).toBe('RUNNING');
  expect((await on.row(id)).attempt).toBe(1);
  on.type.running('patient')!.end();
  await expect.poll(() => on.state(id)).toBe('SUCCEEDED');
});

test('a silence that nobody noticed on the connection ends with the worker heard of again', async () => {
  const on = await stage(['h1', 'h2', 'h3']);
  const id = await on.submit('patient', {onLost: 'wait'});
  await expect.poll(() => on.state(id)).toBe('RUNNING');
  on.pool.silent(11_000, on.type.running('patient')!.worker);
  await expect.poll(() => on.state(id)).toBe('LOST');
  on.pool.silent(0, 'h1', 'h2', 'h3');
  await expect.poll(() => on.state(id)).toBe('RUNNING');
  expect(on.type.running('patient')!.executions).toBe(1);
});

test('most workers silent at once: only few workloads are started elsewhere, and it is said', async () => {
  const on = await stage(['h1', 'h2', 'h3', 'h4'], {partition: {share: 0.5, perMinute: 1}});
  const ids = await Promise.all(
    ['h1', 'h2', 'h3'].map(host =>
      on.submit(`on-${host}`, {placement: {require: {host}, prefer: [], avoid: [], beside: []}}),
    ),
  );
  await expect.poll(() => Promise.all(ids.map(id => on.state(id)))).toEqual(['RUNNING', 'RUNNING', 'RUNNING']);
  on.pool.silent(11_000, 'h1', 'h2', 'h3');
  await expect
    .poll(async () => (await Promise.all(ids.map(id => on.state(id)))).sort())
    .toEqual(['LOST', 'LOST', 'PENDING']);
  expect(on.coordinator.health().checks).toContainEqual({
    name: 'hosts',
    ok: false,
    detail: "3 of 4 workers are silent: that looks like this coordinator's own network",
  });
  expect(await on.store.events('everyone', {types: ['workers.silent'], limit: 10})).toHaveLength(1);
  on.pool.silent(0, 'h1', 'h2', 'h3');
  await expect
    .poll(async () => (await Promise.all(ids.map(id => on.state(id)))).every(state => state === 'RUNNING'))
    .toBe(true);
});

test('all hosts are silent and come back one after the other: everything goes on where it is', async () => {
  const on = await stage(['h1', 'h2'], {silence: {beatMs: 2000, suspectMs: 5000, lostMs: 10_000}});
  const ids = [await on.submit('one', {resources: {cpu: 4}}), await on.submit('two', {resources: {cpu: 4}})];
  for (const id of ids) await expect.poll(() => on.state(id)).toBe('RUNNING');
  on.pool.silent(11_000, 'h1', 'h2');
  for (const id of ids) await expect.poll(() => on.state(id)).toBe('LOST');
  on.pool.silent(0, 'h1');
  await expect.poll(async () => (await Promise.all(ids.map(id => on.state(id)))).includes('RUNNING')).toBe(true);
  on.pool.silent(0, 'h2');
  for (const id of ids) await expect.poll(() => on.state(id)).toBe('RUNNING');
  for (const id of ids) expect((await on.row(id)).attempt).toBe(1);
});
