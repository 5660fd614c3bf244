import {describe, expect, test} from 'vitest';
import {mayFollow, type WorkloadState, workloadStates} from '../../../../src/engine/coordinator/workload-states.ts';
import {submission} from './samples.ts';
import type {StoreUnderTest} from './store-under-test.ts';
import {inState} from './wish-promises.ts';

/** What leading and deciding promise. */
export function leadingPromises(the: StoreUnderTest): void {
  describe('a leader', () => {
    test('is one, until its time is over by the clock of the database', async () => {
      const other = await the.another();
      const first = await the.store.lead({coordinator: 'c1', ttlMs: 60_000, address: 'http://a'});
      expect(first).toEqual({coordinator: 'c1', generation: 1});
      expect(await other.lead({coordinator: 'c2', ttlMs: 60_000})).toBeUndefined();
      expect(await the.store.lead({coordinator: 'c1', ttlMs: 1})).toEqual(first);
      expect(await other.leader()).toMatchObject({coordinator: 'c1', generation: 1});
      await expect
        .poll(() => other.lead({coordinator: 'c2', ttlMs: 60_000}))
        .toEqual({coordinator: 'c2', generation: 2});
      expect(await the.store.lead({coordinator: 'c1', ttlMs: 60_000})).toBeUndefined();
    });

    test('that resigns is followed at once, by itself with another generation', async () => {
      const first = await the.leadership();
      await the.store.resign(first);
      expect(await the.store.leader()).toBeUndefined();
      expect(await the.store.lead({coordinator: 'c1', ttlMs: 60_000})).toEqual({coordinator: 'c1', generation: 2});
      await the.store.resign(first);
      expect(await the.store.leader()).toMatchObject({generation: 2});
    });

    test('is one of many that want to be', async () => {
      const stores = [the.store, await the.another()];
      const all = await Promise.all(
        Array.from({length: 12}, (_, index) => stores[index % 2]!.lead({coordinator: `c${index}`, ttlMs: 60_000})),
      );
      expect(all.filter(each => each !== undefined)).toHaveLength(1);
    });

    test('is elected and resigns in the audit', async () => {
      await the.store.resign(await the.leadership());
      const events = await the.store.events('everyone', {types: ['leader.elected', 'leader.resigned'], limit: 9});
      expect(events.map(({type, data}) => [type, data.generation])).toEqual([
        ['leader.elected', 1],
        ['leader.resigned', 1],
      ]);
    });

    test('of before writes nothing any more, whatever it tries', async () => {
      const [id] = await the.submitted(submission('a'));
      const old = await the.leadership();
      await the.store.resign(old);
      await (await the.another()).lead({coordinator: 'c2', ttlMs: 60_000});
      const before = await the.row(id!);
      const one = {workload: id!, attempt: 0, reason: 'x'};
      const tries = [
        the.store.place(old, [{...one, attempt: 1, worker: 'h1'}]),
        the.store.change(old, [{...one, from: 'PENDING', to: 'FAILED'}]),
        the.store.explain(old, [one]),
        the.store.fire(old, {schedule: 's', from: 0, until: 1, submissions: [submission('fired')]}),
      ];
      for (const tried of await Promise.allSettled(tries))
        expect(tried).toMatchObject({status: 'rejected', reason: {code: 'not-leading', name: 'OutsideError'}});
      expect(await the.row(id!)).toEqual(before);
      expect((await the.store.workloads('everyone', {limit: 9})).items).toHaveLength(1);
    });

    test('and its successor that write at once: what the old one wrote, it wrote before', async () => {
      const other = await the.another();
      for (let round = 0; round < 6; round++) {
        const [id] = await the.submitted(submission('a'));
        const old = (await the.store.lead({coordinator: 'c1', ttlMs: 60_000}))!;
        const placing = the.store
          .place(old, [{workload: id!, attempt: 1, worker: 'old', reason: 'x'}])
          .catch(error => error.code as string);
        await the.store.resign(old);
        const next = (await other.lead({coordinator: 'c2', ttlMs: 60_000}))!;
        const placed = await other.place(next, [{workload: id!, attempt: 1, worker: 'new', reason: 'x'}]);
        const before = await placing;
        expect([before === 'not-leading', placed.length]).toEqual(before === 'not-leading' ? [true, 1] : [false, 0]);
        expect(await the.store.attempts('everyone', id!)).toHaveLength(1);
        await other.resign(next);
      }
    });
  });

  describe('place', () => {
    test('gives an attempt with a lease of its own', async () => {
      const [a, b] = await the.submitted(submission('a'), submission('b'));
      const placements = [a!, b!].map(workload => ({workload, attempt: 1, worker: 'h1', reason: 'fits'}));
      const placed = await the.store.place(await the.leadership(), placements);
      expect(placed.map(({workload, attempt, state}) => [workload, attempt, state])).toEqual([
        [a, 1, 'scheduled'],
        [b, 1, 'scheduled'],
      ]);
      expect(placed[0]!.lease).not.toBe(placed[1]!.lease);
      expect(await the.store.attempts('everyone', a!)).toEqual([placed[0]]);
      expect(await the.row(a!)).toMatchObject({state: 'SCHEDULED', attempt: 1, lease: placed[0]!.lease, worker: 'h1'});
    });

    test.each(workloadStates)('of one that is %s', async state => {
      const id = await inState(the, state);
      const {attempt} = await the.row(id);
      const placement = {workload: id, attempt: attempt + 1, worker: 'h2', reason: 'fits'};
      const placed = await the.store.place(await the.leadership(), [placement, {...placement, workload: 'nobody'}]);
      expect(placed).toHaveLength(state === 'PENDING' || state === 'RETRYING' ? 1 : 0);
    });

    test('leaves out an attempt that is not the next', async () => {
      const [id] = await the.submitted(submission('a'));
      const placement = {workload: id!, attempt: 2, worker: 'h1', reason: 'fits'};
      expect(await the.store.place(await the.leadership(), [placement])).toEqual([]);
    });
  });

  describe('change', () => {
    test.each(workloadStates)(
      'from %s does what the table of states has but SCHEDULED, and leaves out the rest',
      async from => {
        for (const to of workloadStates) {
          const id = await inState(the, from);
          const {attempt} = await the.row(id);
          const change = {workload: id, from, attempt, to, reason: 'decided', notBefore: 9};
          const wrong = workloadStates.find(each => each !== from)!;
          const allowed = mayFollow(from, to) && to !== 'SCHEDULED';
          const leadership = await the.leadership();
          expect(await the.store.change(leadership, [{...change, attempt: attempt + 1}])).toEqual([]);
          expect(await the.store.change(leadership, [{...change, from: wrong as WorkloadState}])).toEqual([]);
          expect(await the.store.change(leadership, [change])).toEqual(allowed ? [id] : []);
          const row = await the.row(id);
          expect(row.state).toBe(allowed ? to : from);
          if (row.state === 'RETRYING' && from !== 'RETRYING') expect(row.notBefore).toBe(9);
        }
      },
    );

    test('ends the attempt of a lost worker as lost', async () => {
      const id = await inState(the, 'LOST');
      const change = {workload: id, from: 'LOST', attempt: 1, to: 'PENDING', reason: 'h1 is silent'} as const;
      await the.store.change(await the.leadership(), [change]);
      expect((await the.store.attempts('everyone', id))[0]).toMatchObject({state: 'lost', outcome: 'lost'});
      expect(await the.row(id)).not.toHaveProperty('worker');
    });

    test('explain says why, without an event or a change of state', async () => {
      const [id] = await the.submitted(submission('a'));
      const seen = await the.store.newestEvent();
      const leadership = await the.leadership();
      await the.store.explain(leadership, [{workload: id!, reason: 'no host has 4 GPUs'}]);
      expect(await the.row(id!)).toMatchObject({state: 'PENDING', reason: 'no host has 4 GPUs'});
      expect(await the.store.events('everyone', {after: seen, workload: id!, limit: 9})).toEqual([]);
      await the.placed(id!);
      await the.store.explain(leadership, [{workload: id!, reason: 'late'}]);
      expect((await the.row(id!)).reason).toBe('fits');
    });
  });
}
