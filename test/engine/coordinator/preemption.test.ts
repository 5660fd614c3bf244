import {Readable} from 'node:stream';
import {expect, test} from 'vitest';
import {checkpointKeeper} from '../../../src/engine/coordinator/checkpoints/checkpoint-keeper.ts';
import {defaultSettings} from '../../../src/engine/scheduler/queue/index.ts';
import {stage} from './harness/stage.ts';

const opted = {queue: {...defaultSettings, preemption: {...defaultSettings.preemption, enabled: true}}};
const whole = {resources: {cpu: 4}};

test('one that matters more gets the place of one that matters less, whose work is saved first', async () => {
  const on = await stage(['h1'], opted);
  const keeper = checkpointKeeper(on.store);
  on.type.onCheckpoint = attempt => keeper.keep(attempt, Readable.from(['work']));
  const checkpoint = {graceMs: 1000, signal: 'SIGUSR1', keep: 3};
  const less = await on.submit('less', {...whole, priority: 10, checkpoint});
  await expect.poll(() => on.state(less)).toBe('RUNNING');
  const more = await on.submit('more', {...whole, priority: 90});
  await expect.poll(() => on.state(more)).toBe('RUNNING');
  expect(await on.row(less)).toMatchObject({state: 'PENDING'});
  expect(await on.store.checkpoints('everyone', less)).toMatchObject([{why: 'preemption'}]);
  expect(await on.store.attempts('everyone', less)).toMatchObject([{outcome: 'preempted'}]);
  on.type.running('more')!.end();
  await expect.poll(() => on.state(less)).toBe('RUNNING');
  expect(on.type.running('less')!.as.checkpoints).toMatchObject([{number: 1}]);
});

test('nobody is stopped where that was not asked for', async () => {
  const on = await stage(['h1']);
  const less = await on.submit('less', {...whole, priority: 10});
  await expect.poll(() => on.state(less)).toBe('RUNNING');
  const more = await on.submit('more', {...whole, priority: 90});
  await expect.poll(async () => (await on.coordinator.why('everyone', more))?.rejected).toMatchObject([{workers: 1}]);
  expect(await on.state(less)).toBe('RUNNING');
});
