import {Readable} from 'node:stream';
import {expect, test} from 'vitest';
import {storageFailed} from '../../../../src/engine/coordinator/checkpoints/checkpoint-errors.ts';
import {checkpointKeeper} from '../../../../src/engine/coordinator/checkpoints/checkpoint-keeper.ts';
import {type Clock, systemClock} from '../../../../src/engine/coordinator/clock.ts';
import {stage} from '../harness/stage.ts';

const waits = {timeout: 30_000};

test('a checkpoint that cannot be stored is told once and tried again, and the workload goes on', async () => {
  // What is waited for between two tries, shorter.
  const hurried: Clock = {...systemClock, after: (ms, then) => systemClock.after(ms >= 2000 ? ms / 100 : ms, then)};
  const on = await stage(['h1'], {}, hurried);
  const keeper = checkpointKeeper(on.store);
  let asked = 0;
  on.type.onCheckpoint = attempt => {
    asked += 1;
    return asked < 3
      ? Promise.reject(storageFailed('s3', new Error('503')))
      : keeper.keep(attempt, Readable.from(['work']));
  };
  const checkpoint = {graceMs: 1000, signal: 'SIGUSR1', keep: 3, progress: 10};
  const id = await on.submit('w', {checkpoint});
  await expect.poll(() => on.state(id)).toBe('RUNNING');
  on.type.running('w')!.as.report.progress(20);
  await expect.poll(() => on.store.checkpoints('everyone', id), waits).toMatchObject([{number: 1, why: 'progress'}]);
  expect(asked).toBe(3);
  await expect.poll(() => on.state(id)).toBe('RUNNING');
  const failed = await on.store.events('everyone', {workload: id, types: ['checkpoint.failed'], limit: 10});
  expect(failed).toMatchObject([{data: {why: 'progress', reason: '503', attempt: 1}}]);
  expect((await on.row(id)).attempt).toBe(1);
});

test('what a job wrote by itself and could not be kept is told, too', async () => {
  const on = await stage(['h1']);
  const id = await on.submit('w');
  await expect.poll(() => on.state(id)).toBe('RUNNING');
  on.type.running('w')!.as.report.notKept(storageFailed('s3', new Error('no room')));
  await expect
    .poll(() => on.store.events('everyone', {workload: id, types: ['checkpoint.failed'], limit: 10}))
    .toMatchObject([{data: {why: 'own', reason: 'no room'}}]);
  expect(await on.state(id)).toBe('RUNNING');
});
