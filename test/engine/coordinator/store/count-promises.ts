import {expect, test} from 'vitest';
import type {Submission} from '../../../../src/engine/coordinator/store/index.ts';
import {ann, submission} from './samples.ts';
import type {StoreUnderTest} from './store-under-test.ts';

/** What `counts` promises beside what the model has (model-promises.ts), and what is accepted many at a time. */
export function countPromises(the: StoreUnderTest): void {
  const countsOf = async (customer: string) =>
    Object.fromEntries(Object.entries(await the.store.counts({customer})).filter(([, count]) => count !== 0));

  test('counts are right when two coordinators accept and move at once, and when what has ended is removed', async () => {
    const other = await the.another();
    const [failing] = await the.submitted(submission('failing'));
    await the.reported(await the.running(failing!), 'FAILED');
    const never = submission('never', {}, {after: [{workload: 'failing', on: 'success'}]});
    const calls: Submission[][] = [
      [submission('keyed', {idempotencyKey: 'k'})],
      [submission('keyed', {idempotencyKey: 'k'})],
      [never],
      ...Array.from({length: 30}, (_, index) => [submission(`a${index}`), submission('b', {customer: 'globex'})]),
    ];
    await Promise.all(calls.map((call, index) => (index % 2 ? other : the.store).submit(call)));
    const {items} = await the.store.workloads({customer: 'acme'}, {limit: 100, states: ['PENDING']});
    await Promise.all(
      items.slice(0, 10).map(({id}, index) => (index % 2 ? other : the.store).ask('everyone', id, 'cancel', ann)),
    );
    // One that failed, one that can never start, thirty and the keyed one, of which ten were cancelled.
    expect(await countsOf('acme')).toEqual({FAILED: 1, CANCELLED: 11, PENDING: 21});
    expect(await countsOf('globex')).toEqual({PENDING: 30});
    const later = (await the.store.now()) + 60_000;
    expect(await the.store.expire({events: 0, workloads: later})).toMatchObject({workloads: 12});
    expect(await countsOf('acme')).toEqual({PENDING: 21});
    expect(await the.store.counts('everyone')).toMatchObject({PENDING: 51, CANCELLED: 0, FAILED: 0});
  });

  test.each([
    [3, 'few'],
    [40, 'many'],
  ])('of %i different workloads in one call each is the one that was said', async different => {
    const said = Array.from({length: 120}, (_, index) =>
      submission(
        `w${index % different}`,
        {
          ...(index % 5 === 0 && {notBefore: 1000 + index}),
          ...(index % 3 === 0 && {batch: `b${index % 2}`}),
          customer: `c${index % 2}`,
          actor: {name: 'key:x', request: `r${index}`},
        },
        {labels: {which: String(index % different)}, with: {ms: index % different}},
      ),
    );
    const accepted = await the.store.submit(said);
    expect(accepted.map(({id}) => id)).toEqual(said.map(({id}) => id));
    const {items} = await the.store.workloads('everyone', {limit: 500});
    const rows = items.toReversed();
    expect(rows.map(({id, seq}) => ({id, seq, doubled: false}))).toEqual(accepted);
    for (const [index, {workload, notBefore, batch, customer, actor}] of said.entries()) {
      expect(rows[index]).toMatchObject({workload, customer, request: actor.request});
      expect([rows[index]!.notBefore, rows[index]!.batch]).toEqual([notBefore, batch]);
    }
    const events = await the.store.events('everyone', {limit: 500});
    expect(events.map(({workload, actor, customer}) => ({workload, actor, customer}))).toEqual(
      said.map(({id, actor, customer}) => ({workload: id, actor, customer})),
    );
  });
}
