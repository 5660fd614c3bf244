import {expect, test} from 'vitest';
import {stage} from './harness/stage.ts';

test('a workload is placed, started, runs and ends', async () => {
  const on = await stage(['h1']);
  const id = await on.submit('report');
  await expect.poll(() => on.state(id)).toBe('RUNNING');
  on.type.running('report')!.end({exitCode: 0, result: {rows: 3}});
  await expect.poll(() => on.state(id)).toBe('SUCCEEDED');
  expect(await on.row(id)).toMatchObject({exitCode: 0, result: {rows: 3}, attempt: 1, worker: 'h1'});
  expect(await on.states(id)).toEqual(['PENDING', 'SCHEDULED', 'STARTING', 'RUNNING', 'SUCCEEDED']);
});

test('a sleep runs in the coordinator and tells how it went', async () => {
  const on = await stage(['h1']);
  const id = await on.submit('nap', {type: 'sleep', with: {seconds: 0.01}});
  await expect.poll(() => on.state(id)).toBe('SUCCEEDED');
  expect((await on.row(id)).result).toMatchObject({sleptMs: expect.any(Number)});
});
