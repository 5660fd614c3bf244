import {Readable} from 'node:stream';
import {expect, test} from 'vitest';
import {checkpointKeeper} from '../../../src/engine/coordinator/checkpoints/checkpoint-keeper.ts';
import {stage} from './harness/stage.ts';
import {ann, submission} from './store/samples.ts';

const rule = {graceMs: 1000, signal: 'SIGUSR1', keep: 3};

/** A stage whose attempts write checkpoints with this content. */
async function checkpointing(...hosts: readonly string[]) {
  const on = await stage(hosts);
  const keeper = checkpointKeeper(on.store);
  on.type.onCheckpoint = async attempt => ({...(await keeper.keep(attempt, Readable.from(['work']))), progress: 40});
  return on;
}

test('cancel ends what runs', async () => {
  const on = await stage(['h1']);
  const id = await on.submit('long');
  await expect.poll(() => on.state(id)).toBe('RUNNING');
  await on.coordinator.ask('everyone', id, 'cancel', ann);
  await expect.poll(() => on.state(id)).toBe('CANCELLED');
  expect(on.type.history).toEqual(['start long.1 on h1', 'stop long.1 on h1']);
});

test('cancel ends what is still being prepared', async () => {
  const on = await stage(['h1']);
  on.type.onInit = ({signal}) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const id = await on.submit('pulling');
  await expect.poll(() => on.state(id)).toBe('STARTING');
  await on.coordinator.ask('everyone', id, 'cancel', ann);
  await expect.poll(() => on.state(id)).toBe('CANCELLED');
  expect(on.type.history).toEqual([]);
});

test('work that was done when it was to be cancelled counts as done', async () => {
  const on = await stage(['h1']);
  const id = await on.submit('quick');
  await expect.poll(() => on.state(id)).toBe('RUNNING');
  on.type.running('quick')!.end();
  await on.coordinator.ask('everyone', id, 'cancel', ann).catch(() => undefined);
  await expect.poll(() => on.state(id)).toMatch(/SUCCEEDED|CANCELLED/);
  expect(on.type.running('quick')).toBeUndefined();
});

test('pause saves the work first, and resume goes on in another attempt', async () => {
  const on = await checkpointing('h1');
  const id = await on.submit('long', {checkpoint: rule});
  await expect.poll(() => on.state(id)).toBe('RUNNING');
  await on.coordinator.ask('everyone', id, 'pause', ann);
  await expect.poll(() => on.state(id)).toBe('PAUSED');
  expect(await on.store.checkpoints('everyone', id)).toMatchObject([
    {number: 1, why: 'pause', attempt: 1, progress: 40},
  ]);
  await on.coordinator.ask('everyone', id, 'resume', ann);
  await expect.poll(() => on.state(id)).toBe('RUNNING');
  expect(on.type.running('long')!.as.checkpoints).toMatchObject([{number: 1}]);
  expect(on.type.history).toEqual([
    'start long.1 on h1',
    'checkpoint long.1',
    'stop long.1 on h1',
    'start long.2 on h1',
  ]);
});

test('a checkpoint by hand is numbered, stored, and can be opened', async () => {
  const on = await checkpointing('h1');
  const id = await on.submit('long');
  await expect.poll(() => on.state(id)).toBe('RUNNING');
  expect(await on.coordinator.checkpointNow('everyone', id, ann)).toMatchObject({number: 1, why: 'manual'});
  expect(await on.coordinator.checkpointNow('everyone', id, ann)).toMatchObject({number: 2});
  const content = await on.coordinator.openCheckpoint('everyone', id, 2);
  expect(Buffer.concat(await content!.toArray()).toString()).toBe('work');
  expect(await on.state(id)).toBe('RUNNING');
});

test('one that writes none says so, and goes on', async () => {
  const on = await stage(['h1']);
  const id = await on.submit('long');
  await expect.poll(() => on.state(id)).toBe('RUNNING');
  await expect(on.coordinator.checkpointNow('everyone', id, ann)).rejects.toMatchObject({code: 'no-checkpoint'});
  await expect.poll(() => on.state(id)).toBe('RUNNING');
});

test('checkpoints by time and by progress come by themselves', async () => {
  const on = await checkpointing('h1');
  const id = await on.submit('byTime', {checkpoint: {...rule, everyMs: 30}});
  await expect.poll(async () => (await on.store.checkpoints('everyone', id)).length).toBeGreaterThan(1);
  const other = await on.submit('byProgress', {checkpoint: {...rule, progress: 25}});
  await expect.poll(() => on.state(other)).toBe('RUNNING');
  on.type.running('byProgress')!.as.report.progress(10);
  on.type.running('byProgress')!.as.report.progress(30);
  await expect.poll(() => on.store.checkpoints('everyone', other)).toMatchObject([{number: 1, why: 'progress'}]);
});

test('a drained worker gets nothing new; what can go on elsewhere does, the rest runs to its end', async () => {
  const on = await checkpointing('h1', 'h2');
  const moving = await on.submit('moving', {checkpoint: rule});
  await expect.poll(() => on.state(moving)).toBe('RUNNING');
  const {worker} = await on.row(moving);
  const other = worker === 'h1' ? 'h2' : 'h1';
  const staying = await on.submit('staying', {
    placement: {require: {host: worker!}, prefer: [], avoid: [], beside: []},
  });
  await expect.poll(() => on.state(staying)).toBe('RUNNING');
  expect(await on.coordinator.drain(worker!, true, ann)).toBe(true);
  await expect.poll(async () => (await on.row(moving)).worker).toBe(other);
  await expect.poll(() => on.state(moving)).toBe('RUNNING');
  expect(await on.row(staying)).toMatchObject({state: 'RUNNING', worker, attempt: 1});
  // Asked to, it is stopped as well, and begins anew where it may.
  expect(await on.coordinator.drain(worker!, true, ann, true)).toBe(true);
  await expect.poll(() => on.state(staying), {timeout: 60_000}).toBe('PENDING');
  expect(await on.store.attempts('everyone', staying)).toMatchObject([{outcome: 'drained', worker}]);
  await on.coordinator.drain(worker!, false, ann);
  await expect.poll(() => on.state(staying), {timeout: 60_000}).toBe('RUNNING');
  expect(await on.row(staying)).toMatchObject({worker, attempt: 2});
});

test('one that runs too long is ended, and that is its own failure', async () => {
  const on = await stage(['h1']);
  const id = await on.submit('slow', {timeoutMs: 20});
  await expect.poll(() => on.state(id)).toBe('FAILED');
  expect((await on.row(id)).reason).toContain('timeout of 0.02 s');
  expect(await on.store.attempts('everyone', id)).toMatchObject([{outcome: 'timeout'}]);
});

test('what comes after another starts when that has ended as said', async () => {
  const on = await stage(['h1']);
  const [first, second] = [
    submission('one', {}, {type: 'stage', with: {}}),
    submission('two', {}, {type: 'stage', with: {}}),
  ];
  const after = [{workload: 'one', on: 'success' as const}];
  await on.coordinator.submit([first, {...second, workload: {...second.workload, after}}]);
  await expect.poll(() => on.state(first.id)).toBe('RUNNING');
  expect(await on.coordinator.why('everyone', second.id)).toMatchObject({waits: [`after ${first.id} (success)`]});
  on.type.running('one')!.end();
  await expect.poll(() => on.state(second.id)).toBe('RUNNING');
});

test('a type that nobody knows is refused in words', async () => {
  const on = await stage(['h1']);
  const id = await on.submit('odd', {type: 'wasm'});
  await expect.poll(() => on.state(id)).toBe('FAILED');
  expect((await on.row(id)).reason).toBe('there is no workload type wasm; this coordinator knows stage, sleep');
});

test('what a type does not take fails once, and says why', async () => {
  const on = await stage(['h1']);
  const id = await on.submit('nap', {type: 'sleep', with: {seconds: 'three'}, retries: {max: 3, backoff: quickly}});
  await expect.poll(() => on.state(id)).toBe('FAILED');
  expect(await on.row(id)).toMatchObject({attempt: 1, reason: expect.stringContaining('seconds')});
});

const quickly = {initialMs: 1, factor: 1, maxMs: 1, jitter: false};
