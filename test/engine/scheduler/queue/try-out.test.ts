import {expect, test} from 'vitest';
import {
  defaultSettings,
  type QueuedWorkload,
  tryOut,
  type WorkerView,
} from '../../../../src/engine/scheduler/queue/index.ts';

const worker = (name: string, cpu: number, more: Partial<WorkerView> = {}): WorkerView => ({
  name,
  labels: {},
  capacity: {cpu, memory: 2 ** 33, gpu: 0, disk: 2 ** 40},
  ports: [],
  drained: false,
  ...more,
});
const wanted = (id: string, cpu: number, shape: Partial<QueuedWorkload['shape']> = {}): QueuedWorkload => ({
  id,
  name: id,
  customer: 'acme',
  seq: Number(id.slice(1)),
  acceptedAt: 0,
  priority: 50,
  preemptible: true,
  shape: {resources: {cpu}, require: {}, prefer: [], avoid: [], beside: [], ports: [], exclude: [], ...shape},
});
const trial = (parts: Partial<Parameters<typeof tryOut>[0]>) =>
  tryOut({
    workers: [worker('a', 4), worker('b', 2)],
    running: [],
    wanted: [],
    settings: defaultSettings,
    now: 1,
    ...parts,
  });

test('each gets a place until there is no room, and those left over hear why', () => {
  const all = trial({wanted: [wanted('w1', 2), wanted('w2', 2), wanted('w3', 2), wanted('w4', 2)]});
  expect(all.map(({workload, worker}) => [workload, worker !== undefined])).toEqual([
    ['w1', true],
    ['w2', true],
    ['w3', true],
    ['w4', false],
  ]);
  expect(
    all
      .slice(0, 3)
      .map(each => each.worker)
      .sort(),
  ).toEqual(['a', 'a', 'b']);
  expect(all[3]).toMatchObject({
    because: expect.stringContaining('needs 2 CPU'),
    rejected: [{workers: 2, some: ['a', 'b']}],
  });
});

test('what runs takes room, drained workers take nothing, and nobody is moved out of the way', () => {
  const running = [{...wanted('w9', 4), preemptible: true, priority: 0, worker: 'a', startedAt: 0}];
  const settings = {...defaultSettings, preemption: {...defaultSettings.preemption, enabled: true}};
  const workers = [worker('a', 4), worker('b', 2, {drained: true})];
  const [one] = trial({workers, running, settings, wanted: [{...wanted('w1', 1), priority: 100}]});
  expect(one!.worker).toBeUndefined();
  expect(one!.rejected.map(({reason}) => reason).join()).toMatch(/drain/);
});

test('who shall be beside another of the same request is', () => {
  const beside = wanted('w1', 1, {beside: [{workload: 'w2'}]});
  const all = trial({workers: [worker('a', 4), worker('b', 4)], wanted: [beside, wanted('w2', 1)]});
  expect(all[0]!.worker).toBeDefined();
  expect(all[0]!.worker).toBe(all[1]!.worker);
});
