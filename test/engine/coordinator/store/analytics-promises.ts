import {describe, expect, test} from 'vitest';
import type {Submission} from '../../../../src/engine/coordinator/store/index.ts';
import {workloadId} from '../../../../src/engine/coordinator/workload-id.ts';
import type {Workload} from '../../../../src/engine/spec/workload.ts';
import {submission} from './samples.ts';
import type {StoreUnderTest} from './store-under-test.ts';

let made = 0;

/** What is told about a period promises to tell it of all that happened in it, and of nothing else. */
export function analyticsPromises(the: StoreUnderTest): void {
  /** Whose id tells when it was accepted, as those of coordinators do. */
  const now = (name: string, parts: Partial<Submission> = {}, workload: Partial<Workload> = {}) => {
    const random = Buffer.alloc(10);
    random.writeUInt32BE(++made, 6);
    return submission(name, {id: workloadId(Date.now(), random), ...parts}, workload);
  };
  const ended = async (one: Submission, to: 'SUCCEEDED' | 'FAILED' = 'SUCCEEDED') => {
    const [id] = await the.submitted(one);
    await the.reported(await the.running(id!), to, {outcome: to === 'FAILED' ? 'failed' : 'succeeded'});
  };
  /** Two minutes around now, in two intervals; what happens now is in the first. */
  const period = async () => {
    const at = await the.store.now();
    return {from: at - 60_000, until: at + 60_000, intervalMs: 110_000};
  };

  describe('analytics', () => {
    test('trends tell what was submitted and how it ended, interval by interval', async () => {
      const query = await period();
      await ended(now('a'));
      await ended(now('a'));
      await ended(now('b'), 'FAILED');
      const [waits] = await the.submitted(now('a'));
      await the.store.ask('everyone', waits!, 'cancel', {name: 'key:ann'});
      await the.submitted(now('a', {customer: 'other'}));
      const [first, second, ...more] = await the.store.trends('everyone', query);
      expect(more).toEqual([]);
      expect(first).toMatchObject({at: query.from, submitted: 5, succeeded: 2, failed: 1, cancelled: 1});
      expect([first!.waited.count, first!.ran.count]).toEqual([3, 3]);
      expect(first!.ran.most).toBeGreaterThanOrEqual(first!.ran.mean!);
      expect(second).toEqual({
        ...{at: query.from + query.intervalMs, submitted: 0, succeeded: 0, failed: 0, cancelled: 0},
        waited: {count: 0},
        ran: {count: 0},
      });
      const [ofA] = await the.store.trends({customer: 'acme'}, {...query, name: 'a'});
      expect(ofA).toMatchObject({submitted: 3, succeeded: 2, failed: 0, cancelled: 1});
      const [others] = await the.store.trends({customer: 'other'}, query);
      expect(others).toMatchObject({submitted: 1, succeeded: 0, failed: 0, cancelled: 0});
      const before = {...query, from: query.from - 600_000, until: query.from};
      expect((await the.store.trends('everyone', before)).map(({submitted}) => submitted)).not.toContain(1);
    });

    test('what was spent is what was reserved while attempts ran, by workload or customer', async () => {
      const query = {...(await period()), limit: 10};
      const resources = {cpu: 2, memory: 1024, gpu: 1};
      await ended(now('big', {}, {resources, version: '1'}));
      await ended(now('big', {}, {resources, version: '2'}));
      await ended(now('small', {customer: 'other'}), 'FAILED');
      const all = await the.store.spent('everyone', {...query, by: 'workload'});
      expect(all.map(({customer, name, version, attempts}) => [customer, name, version, attempts]).sort()).toEqual([
        ['acme', 'big', '1', 1],
        ['acme', 'big', '2', 1],
        ['other', 'small', undefined, 1],
      ]);
      for (const {seconds, coreSeconds, byteSeconds, gpuSeconds, name} of all) {
        const [cores, bytes, gpus] = name === 'big' ? [2, 1024, 1] : [0, 0, 0];
        expect(coreSeconds).toBeCloseTo(cores! * seconds, 6);
        expect(byteSeconds).toBeCloseTo(bytes! * seconds, 3);
        expect(gpuSeconds).toBeCloseTo(gpus! * seconds, 6);
      }
      const [acme, ...none] = await the.store.spent({customer: 'acme'}, {...query, by: 'customer'});
      expect(none).toEqual([]);
      expect(acme).toMatchObject({customer: 'acme', workloads: 2, attempts: 2});
      expect(await the.store.spent('everyone', {...query, by: 'workload', limit: 2})).toHaveLength(2);
      expect(await the.store.spent('everyone', {...query, by: 'customer', until: query.from})).toEqual([]);
    });

    test('what is reserved is what holds a place', async () => {
      const resources = {cpu: 1.5, memory: 2 ** 33};
      const [first, second] = await the.submitted(now('a', {}, {resources}), now('a', {}, {resources}), now('b'));
      await the.running(first!);
      await the.placed(second!);
      const both = {worker: 'h1', workloads: 2, cpu: 3, memory: 2 ** 34, gpu: 0};
      expect(await the.store.reserved('everyone')).toEqual([both]);
      expect(await the.store.reserved({customer: 'other'})).toEqual([]);
      await the.reported(await the.store.attempts('everyone', first!).then(([one]) => one!), 'SUCCEEDED');
      expect(await the.store.reserved('everyone')).toEqual([{...both, workloads: 1, cpu: 1.5, memory: 2 ** 33}]);
    });

    test('what waits is counted by customer, name and labels', async () => {
      const labels = {kind: 'thumbnail', size: 'big'};
      const [first] = await the.submitted(
        now('a', {}, {labels}),
        now('a', {}, {labels: {kind: 'thumbnail'}}),
        now('b'),
      );
      await the.submitted(now('a', {customer: 'other'}, {labels}));
      const count = (query: object, scope: Parameters<typeof the.store.waiting>[0] = {customer: 'acme'}) =>
        the.store.waiting(scope, query);
      expect(await count({})).toBe(3);
      expect(await count({}, 'everyone')).toBe(4);
      expect(await count({name: 'a', labels: {kind: 'thumbnail'}})).toBe(2);
      expect(await count({labels})).toBe(1);
      await the.running(first!);
      expect(await count({labels})).toBe(0);
      expect(await count({name: 'a', labels: {kind: 'thumbnail'}})).toBe(1);
    });
  });
}
