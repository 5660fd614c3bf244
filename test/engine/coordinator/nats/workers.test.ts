import {expect, test} from 'vitest';
import {natsServer} from './harness/nats-server.ts';
import {natsStage} from './harness/nats-stage.ts';

test('a worker registers, is given a workload, and its end is told', async () => {
  const on = await natsStage(await natsServer());
  await on.coordinator();
  await on.agent('w1');
  const id = await on.submit('report');
  await expect.poll(() => on.state(id), {timeout: 20_000}).toBe('RUNNING');
  on.type.running('report')!.end({exitCode: 0, result: {rows: 3}});
  await expect.poll(() => on.state(id), {timeout: 20_000}).toBe('SUCCEEDED');
  expect(await on.row(id)).toMatchObject({exitCode: 0, result: {rows: 3}, attempt: 1, worker: 'w1'});
  expect(await on.states(id)).toEqual(['PENDING', 'SCHEDULED', 'STARTING', 'RUNNING', 'SUCCEEDED']);
});
