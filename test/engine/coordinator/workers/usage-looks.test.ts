import {expect, test} from 'vitest';
import {UsageLooks} from '../../../../src/engine/coordinator/workers/usage-looks.ts';
import type {PooledWorker} from '../../../../src/engine/coordinator/workers/worker-pool.ts';

const base = '/sys/fs/cgroup/niyanta/workload.a.1';

/** A worker whose container has used one more core-second at each look. */
function worker(connected = true) {
  let looks = 0;
  const run = async () => {
    looks += 1;
    const stdout = `${base}/memory.current 4096 \n${base}/cpu.stat usage_usec ${looks * 1_000_000}\n`;
    return {code: 0, stdout, stderr: ''};
  };
  const connection = () => (connected ? {run} : undefined);
  return {pooled: {name: 'h1', connection} as unknown as PooledWorker, looks: () => looks};
}

test('however many ask, a host is looked at once a second; CPU is counted since the look before', async () => {
  let now = 0;
  const looks = new UsageLooks({monotonicMs: () => now});
  const one = worker();
  const [first, same] = await Promise.all([looks.of(one.pooled), looks.of(one.pooled)]);
  expect(first).toBe(same);
  expect(first.get('workload.a.1')).toMatchObject({memory: 4096, cpu: expect.any(Number)});
  const begun = one.looks();
  now = 999;
  await looks.of(one.pooled);
  expect(one.looks()).toBe(begun);
  now = 1000;
  const next = await looks.of(one.pooled);
  expect(one.looks()).toBe(begun + 1);
  expect(next.get('workload.a.1')!.cpu).toBeGreaterThan(0);
});

test('of a worker that is not reached nothing is known, and of one that fails neither', async () => {
  const looks = new UsageLooks({monotonicMs: () => 0});
  expect(await looks.of(worker(false).pooled)).toEqual(new Map());
  const broken = {connection: () => ({run: () => Promise.reject(new Error('gone'))})} as unknown as PooledWorker;
  expect(await looks.of(broken)).toEqual(new Map());
});
