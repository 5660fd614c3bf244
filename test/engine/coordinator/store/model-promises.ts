import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {Wish} from '../../../../src/engine/coordinator/store/index.ts';
import {type WorkloadState, workloadStates} from '../../../../src/engine/coordinator/workload-states.ts';
import {Model} from './model.ts';
import {ann, submission} from './samples.ts';
import type {StoreUnderTest} from './store-under-test.ts';

type Deed =
  | {
      readonly verb: 'submit';
      readonly after: readonly {readonly which: number; readonly on: 'success' | 'failure' | 'always'}[];
    }
  | {readonly verb: 'ask'; readonly which: number; readonly wish: Wish}
  | {readonly verb: 'place'; readonly which: number}
  | {readonly verb: 'report' | 'change'; readonly which: number; readonly to: WorkloadState}
  | {readonly verb: 'stale'; readonly which: number; readonly to: WorkloadState};

const which = fc.nat(9);
const to = fc.constantFrom(...workloadStates);
// As a life mostly goes, and as it must not.
const likely = fc.constantFrom<WorkloadState>('RUNNING', 'SUCCEEDED', 'FAILED', 'RETRYING', 'LOST');
const on = fc.constantFrom('success', 'failure', 'always');
const deeds: fc.Arbitrary<Deed[]> = fc.array(
  fc.oneof(
    fc.record({
      verb: fc.constant('submit'),
      after: fc.uniqueArray(fc.record({which, on}), {maxLength: 2, selector: each => each.which}),
    }),
    fc.record({verb: fc.constant('ask'), which, wish: fc.constantFrom<Wish>('cancel', 'pause', 'resume', 'retry')}),
    {weight: 3, arbitrary: fc.record({verb: fc.constant('place'), which})},
    {weight: 3, arbitrary: fc.record({verb: fc.constant('report'), which, to: likely})},
    fc.record({verb: fc.constantFrom('report', 'change', 'stale'), which, to}),
  ) as fc.Arbitrary<Deed>,
  {minLength: 10, maxLength: 40},
);

/** Any sequence of verbs ends as it does in the plainest model of a store, and the audit leads to the same states. */
export function modelPromises(the: StoreUnderTest): void {
  test('any sequence of verbs leaves the states that a plain model has', async () => {
    const numRuns = the.name === 'sqlite' ? 60 : 12;
    let round = 0;
    const property = fc.asyncProperty(deeds, async given => {
      const customer = `c${++round}`;
      const ids: string[] = [];
      const model = new Model();
      for (const deed of [{verb: 'submit', after: []} as Deed, ...given]) await both(the, model, ids, deed, customer);
      const rows = await Promise.all(ids.map(id => the.row(id)));
      const shown = rows.map(({state, attempt, wanted, waitsFor}) => ({
        state,
        attempt,
        wanted,
        waits: waitsFor.map(each => ({index: ids.indexOf(each.id), on: each.on})),
      }));
      expect(shown).toEqual(model.entries.map(({state, attempt, wanted, waits}) => ({state, attempt, wanted, waits})));
      const counts = Map.groupBy(rows, ({state}) => state);
      expect(await the.store.counts({customer})).toEqual(
        Object.fromEntries(workloadStates.map(state => [state, counts.get(state)?.length ?? 0])),
      );
      // The audit is the same story: each transition begins where the one before ended.
      const told = new Map<string, WorkloadState>();
      for (const {workload, from, to} of await the.store.events({customer}, {limit: 10_000})) {
        if (workload === undefined || to === undefined) continue;
        expect(from).toBe(told.get(workload));
        told.set(workload, to);
      }
      expect(ids.map(id => told.get(id))).toEqual(rows.map(({state}) => state));
    });
    await fc.assert(property, {numRuns});
  });
}

async function both(the: StoreUnderTest, model: Model, ids: string[], deed: Deed, customer: string): Promise<void> {
  if (deed.verb === 'submit') {
    const waits = deed.after.map(rule => ({index: rule.which % Math.max(ids.length, 1), on: rule.on}));
    const distinct =
      ids.length === 0 ? [] : waits.filter((wait, at) => waits.findIndex(each => each.index === wait.index) === at);
    const after = distinct.map(wait => ({workload: `w${wait.index}`, on: wait.on}));
    const [accepted] = await the.store.submit([submission(`w${ids.length}`, {customer}, {after})]);
    ids.push(accepted!.id);
    return model.submit(distinct);
  }
  const index = deed.which % ids.length;
  const workload = ids[index]!;
  const row = await the.row(workload);
  const lease = row.lease ?? 'none';
  switch (deed.verb) {
    case 'ask':
      model.ask(index, deed.wish);
      await the.store.ask('everyone', workload, deed.wish, ann).catch(error => expect(error.code).toBe('not-possible'));
      return;
    case 'place':
      model.place(index);
      await the.store.place(await the.leadership(), [
        {workload, attempt: row.attempt + 1, worker: 'h1', reason: 'fits'},
      ]);
      return;
    case 'report':
      model.report(index, deed.to);
      await the.store.report([{workload, attempt: row.attempt, lease, to: deed.to}]);
      return;
    case 'change': {
      model.change(index, deed.to);
      const {state: from, attempt} = row;
      await the.store.change(await the.leadership(), [{workload, from, attempt, to: deed.to, reason: 'decided'}]);
      return;
    }
    case 'stale':
      expect(await the.store.report([{workload, attempt: row.attempt, lease: `not ${lease}`, to: deed.to}])).toEqual([
        'fenced',
      ]);
  }
}
