import {expect, onTestFinished, test} from 'vitest';
import {silentLog} from '../../../../src/engine/coordinator/log.ts';
import type {HookWish} from '../../../../src/engine/coordinator/scaling/call-hook.ts';
import {
  WorkerScalingDuty,
  type WorkerScalingParts,
} from '../../../../src/engine/coordinator/scaling/worker-scaling-duty.ts';

const minute = 60_000;

/** Workers, what waits, and a clock that a test moves. */
function scene() {
  const world = {
    workers: ['h1'],
    parked: 0,
    running: new Map<string, number>([['h1', 1]]),
    drained: new Set<string>(),
    fails: false,
    carrying: new Set<string>(),
  };
  const called: HookWish[] = [];
  const noted: string[] = [];
  let now = 0;
  let due: (() => void) | undefined;
  const parts: WorkerScalingParts = {
    rule: {min: 1, max: 3, cooldownMs: minute, idleMs: 10 * minute, waitMs: 30_000},
    store: {
      workers: async () => [...world.drained].map(name => ({name, drained: true})),
      workloads: async () => ({
        items: [
          {reason: 'something else'},
          ...Array.from({length: world.parked}, () => ({reason: 'parked: 1 host: full'})),
        ],
      }),
      reserved: async () => [...world.running].map(([worker, workloads]) => ({worker, workloads})),
      setDrained: async (name: string, drained: boolean) =>
        drained ? world.drained.add(name) : world.drained.delete(name),
      note: async ({type}: {type: string}) => void noted.push(type),
    } as unknown as WorkerScalingParts['store'],
    pool: {
      workers: () => world.workers.map(name => ({name, beat: () => ({}), silentMs: () => 0})),
    } as unknown as WorkerScalingParts['pool'],
    everyMs: 5000,
    carriesStacks: async worker => world.carrying.has(worker),
    silence: {beatMs: 2000, suspectMs: 5000, lostMs: 10_000},
    call: async wish => {
      called.push(wish);
      if (world.fails) throw new Error('no machines');
    },
    clock: {
      monotonicMs: () => now,
      after: (_, then) => {
        due = then;
        return () => {
          due = undefined;
        };
      },
    },
    log: silentLog,
  };
  const duty = new WorkerScalingDuty(parts);
  onTestFinished(() => duty.end());
  const rested = () => expect.poll(() => due !== undefined, {timeout: 30_000, interval: 5}).toBe(true);
  return {
    ...{world, called, noted},
    async begin() {
      duty.begin(() => ({coordinator: 'c', generation: 1}));
      await rested();
    },
    async after(ms: number) {
      now += ms;
      const then = due!;
      due = undefined;
      then();
      await rested();
    },
  };
}

test('work that fits nowhere for long brings workers, one after the other, up to max', async () => {
  const {world, called, noted, begin, after} = scene();
  world.parked = 4;
  await begin();
  await after(29_000);
  expect(called).toEqual([]);
  await after(minute);
  expect(called).toEqual([{action: 'add', count: 1, reason: '4 workloads wait for room', workers: ['h1'], waiting: 4}]);
  await after(30_000);
  expect(called).toHaveLength(1);
  world.workers = ['h1', 'h2'];
  await after(minute);
  world.workers = ['h1', 'h2', 'h3'];
  await after(minute);
  await after(minute);
  expect(called).toHaveLength(2);
  expect(noted).toEqual(['worker.added', 'worker.added']);
});

test('a worker that is idle for long is emptied first, and removed when nothing runs there', async () => {
  const {world, called, noted, begin, after} = scene();
  world.workers = ['h1', 'h2'];
  await begin();
  await after(9 * minute);
  expect([...world.drained]).toEqual([]);
  await after(2 * minute);
  expect([...world.drained]).toEqual(['h2']);
  // What was placed there in the same moment is waited for.
  world.running.set('h2', 1);
  await after(5000);
  expect(called).toEqual([]);
  world.running.delete('h2');
  await after(5000);
  expect(called).toMatchObject([{action: 'remove', worker: 'h2', waiting: 0}]);
  await after(30 * minute);
  expect([called.length, noted]).toEqual([1, ['worker.removed']]);
});

test('a machine without workloads that carries stacks stays, also when they came at the last moment', async () => {
  const {world, called, begin, after} = scene();
  world.workers = ['h1', 'h2'];
  world.carrying.add('h2');
  await begin();
  await after(11 * minute);
  expect([...world.drained]).toEqual([]);
  world.carrying.clear();
  await after(9 * minute);
  expect([...world.drained]).toEqual([]);
  await after(2 * minute);
  expect([...world.drained]).toEqual(['h2']);
  world.carrying.add('h2');
  await after(5000);
  expect([...world.drained]).toEqual([]);
  expect(called).toEqual([]);
});

test('a machine that comes under the name of one that was removed takes work', async () => {
  const {world, called, begin, after} = scene();
  world.workers = ['h1', 'h2'];
  await begin();
  await after(11 * minute);
  await after(5000);
  expect(called).toMatchObject([{action: 'remove', worker: 'h2'}]);
  await after(5000);
  expect([...world.drained]).toEqual(['h2']);
  world.workers = ['h1'];
  await after(5000);
  expect([...world.drained]).toEqual([]);
  world.parked = 1;
  await after(minute);
  await after(minute);
  expect(called).toMatchObject([{action: 'remove'}, {action: 'add', workers: ['h1']}]);
});

test('a call that fails is made again after the rest, and is no event', async () => {
  const {world, called, noted, begin, after} = scene();
  world.workers = [];
  world.running.clear();
  world.fails = true;
  await begin();
  await after(minute);
  await after(1000);
  expect(called).toHaveLength(1);
  world.fails = false;
  await after(minute);
  expect([called.length, noted]).toEqual([2, ['worker.added']]);
});
