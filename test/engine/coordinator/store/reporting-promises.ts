import {describe, expect, test} from 'vitest';
import {submission} from './samples.ts';
import type {StoreUnderTest} from './store-under-test.ts';
import {inState} from './wish-promises.ts';

/** What `report` promises. */
export function reportingPromises(the: StoreUnderTest): void {
  describe('a report', () => {
    test('of the attempt and its lease counts, step by step', async () => {
      const [id] = await the.submitted(submission('a'));
      const attempt = await the.placed(id!);
      for (const to of ['STARTING', 'RUNNING'] as const) expect(await the.reported(attempt, to)).toBe('counted');
      const end = {
        exitCode: 0,
        outcome: 'succeeded',
        result: {answer: [42]},
        outputs: {'/out/a': 'ab'},
        progress: 100,
      } as const;
      expect(await the.reported(attempt, 'SUCCEEDED', end)).toBe('counted');
      const row = await the.row(id!);
      const {outcome, ...kept} = end;
      expect(row).toMatchObject({state: 'SUCCEEDED', ...kept});
      expect(row.endedAt).toBeGreaterThanOrEqual(row.startedAt!);
      const [ended] = await the.store.attempts('everyone', id!);
      expect(ended).toMatchObject({
        state: 'ended',
        outcome,
        exitCode: 0,
        startedAt: row.startedAt,
        endedAt: row.endedAt,
      });
      const events = await the.store.events('everyone', {workload: id!, limit: 9});
      expect(events.map(({from, to}) => `${from} ${to}`)).toEqual([
        'undefined PENDING',
        'PENDING SCHEDULED',
        'SCHEDULED STARTING',
        'STARTING RUNNING',
        'RUNNING SUCCEEDED',
      ]);
    });

    test.each([
      ['another lease', {lease: 'guessed'}],
      ['an attempt before', {attempt: 0}],
      ['an attempt that is not yet', {attempt: 2}],
      ['a workload that is not', {workload: 'nobody'}],
    ])('of %s is fenced, and changes nothing', async (_, wrong) => {
      const [id] = await the.submitted(submission('a'));
      const attempt = await the.running(id!);
      const before = await the.row(id!);
      expect(await the.store.report([{...attempt, to: 'SUCCEEDED', ...wrong}])).toEqual(['fenced']);
      expect(await the.row(id!)).toEqual(before);
    });

    test('of an attempt that was given up is fenced, before and after the next one was placed', async () => {
      const id = await inState(the, 'LOST');
      const [old] = await the.store.attempts('everyone', id);
      const change = {workload: id, from: 'LOST', attempt: 1, to: 'PENDING', reason: 'silent'} as const;
      await the.store.change(await the.leadership(), [change]);
      expect(await the.reported(old!, 'SUCCEEDED')).toBe('fenced');
      const next = await the.running(id);
      expect(await the.reported(old!, 'SUCCEEDED')).toBe('fenced');
      expect(await the.reported(next, 'SUCCEEDED')).toBe('counted');
      expect((await the.store.attempts('everyone', id)).map(({state}) => state)).toEqual(['lost', 'ended']);
    });

    test('of a worker that was silent and is back counts while nobody else was placed', async () => {
      const id = await inState(the, 'LOST');
      const [attempt] = await the.store.attempts('everyone', id);
      expect(await the.reported(attempt!, 'RUNNING')).toBe('counted');
      expect(await the.row(id)).toMatchObject({state: 'RUNNING', attempt: 1, worker: 'h1'});
    });

    test('that is late counts and changes no state; one of an ended attempt is fenced', async () => {
      const [id] = await the.submitted(submission('a'));
      const attempt = await the.running(id!);
      expect(await the.reported(attempt, 'STARTING')).toBe('counted');
      expect((await the.row(id!)).state).toBe('RUNNING');
      await the.reported(attempt, 'SUCCEEDED');
      for (const to of ['RUNNING', 'FAILED', 'SUCCEEDED'] as const)
        expect(await the.reported(attempt, to)).toBe('fenced');
      expect((await the.row(id!)).state).toBe('SUCCEEDED');
    });

    test('of progress and of the checkpoint it went on from, without an event', async () => {
      const [id] = await the.submitted(submission('a'));
      const attempt = await the.running(id!);
      const seen = await the.store.newestEvent();
      const {cursor} = await the.store.changes(undefined, 9);
      expect(await the.reported(attempt, 'RUNNING', {progress: 12.5, restoredFrom: 3})).toBe('counted');
      expect((await the.row(id!)).progress).toBe(12.5);
      expect((await the.store.attempts('everyone', id!))[0]).toMatchObject({restoredFrom: 3});
      expect(await the.store.events('everyone', {after: seen, limit: 9})).toEqual([]);
      expect((await the.store.changes(cursor, 9)).rows.map(row => row.progress)).toEqual([12.5]);
    });

    test('beside others is answered by itself, in their order, the same workload twice too', async () => {
      const [a, b] = await the.submitted(submission('a'), submission('b'));
      const [one, two] = [await the.placed(a!), await the.running(b!)];
      const answers = await the.store.report([
        {...two, to: 'FAILED', exitCode: 1},
        {...one, to: 'RUNNING'},
        {...one, lease: 'x', to: 'FAILED'},
        {...one, to: 'SUCCEEDED'},
      ]);
      expect(answers).toEqual(['counted', 'counted', 'fenced', 'counted']);
      expect((await the.row(a!)).state).toBe('SUCCEEDED');
      expect((await the.store.attempts('everyone', a!))[0]).toMatchObject({
        state: 'ended',
        startedAt: expect.any(Number),
      });
    });

    test('of an end adds the core-seconds to what its customer used', async () => {
      await the.store.putCustomer({id: 'acme', name: 'Acme', tier: 'free', limits: {}, suspended: false}, {name: 'x'});
      let used = 0;
      for (let round = 0; round < 2; round++) {
        const [id] = await the.submitted(submission('a', {}, {resources: {cpu: 4000}}));
        await the.reported(await the.running(id!), 'SUCCEEDED');
        const [ended] = await the.store.attempts('everyone', id!);
        used += 4 * (ended!.endedAt! - ended!.startedAt!);
      }
      // What fades within this test is less than that: half of it in a day.
      expect((await the.store.customers())[0]!.used).toBeCloseTo(used, 2);
    });
  });
}
