import {describe, expect, test} from 'vitest';
import type {EventRow, WorkloadRow} from '../../../../src/engine/coordinator/store/index.ts';
import {ann, submission} from './samples.ts';
import type {StoreUnderTest} from './store-under-test.ts';

/** What lists, changes and events promise. */
export function picturePromises(the: StoreUnderTest): void {
  describe('a list', () => {
    test('goes page by page, newest first, whatever comes meanwhile', async () => {
      const ids = await the.submitted(...Array.from({length: 7}, (_, index) => submission(`w${index}`)));
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await the.store.workloads('everyone', {limit: 3, after});
        seen.push(...page.items.map(({id}) => id));
        after = page.next;
        await the.submitted(submission('meanwhile'));
      } while (after !== undefined);
      expect(seen).toEqual(ids.toReversed());
    });

    test.each([
      ['states', {states: ['RUNNING', 'FAILED']}, ['b']],
      ['name', {name: 'a'}, ['a']],
      ['version', {version: '2'}, ['c']],
      ['labels', {labels: {team: 'x', 'odd."key': "'1'"}}, ['c']],
      ['one label', {labels: {team: 'x'}}, ['c', 'b']],
      ['batch', {batch: 'n1'}, ['a']],
      ['schedule', {schedule: 's1'}, ['b']],
      ['worker', {worker: 'h1'}, ['b']],
      ['two of them', {name: 'b', batch: 'n1'}, []],
    ] as const)('by %s', async (_, query, names) => {
      await the.submitted(submission('a', {batch: 'n1'}));
      const [b] = await the.submitted(submission('b', {schedule: 's1'}, {labels: {team: 'x'}}));
      await the.submitted(submission('c', {}, {version: '2', labels: {team: 'x', 'odd."key': "'1'"}}));
      await the.running(b!);
      const {items} = await the.store.workloads({customer: 'acme'}, {...query, limit: 9});
      expect(items.map(({workload}) => workload.name)).toEqual(names);
    });

    test('counts by state', async () => {
      const [a] = await the.submitted(submission('a'), submission('b'), submission('c', {customer: 'globex'}));
      await the.running(a!);
      expect(await the.store.counts('everyone')).toMatchObject({PENDING: 2, RUNNING: 1, FAILED: 0});
      expect(await the.store.counts({customer: 'globex'})).toMatchObject({PENDING: 1, RUNNING: 0});
    });

    test('refuses what is no cursor', async () => {
      await expect(the.store.workloads('everyone', {limit: 1, after: '1; drop'})).rejects.toMatchObject({
        code: 'wrong-cursor',
      });
    });
  });

  describe('changes', () => {
    const all = async (cursor: string | undefined, limit: number) => {
      const rows: WorkloadRow[] = [];
      for (;;) {
        const page = await the.store.changes(cursor, limit);
        rows.push(...page.rows);
        cursor = page.cursor;
        if (!page.more) return {rows, cursor};
      }
    };

    test('begin with all that has not ended, and go on with what changed, ended or not', async () => {
      const [a, b, c] = await the.submitted(submission('a'), submission('b'), submission('c'));
      await the.store.ask('everyone', a!, 'cancel', ann);
      const first = await all(undefined, 1);
      expect(first.rows.map(({id}) => id)).toEqual([b, c]);
      expect((await all(first.cursor, 10)).rows).toEqual([]);
      await the.store.ask('everyone', b!, 'cancel', ann);
      await the.placed(c!);
      await the.store.ask('everyone', a!, 'retry', ann);
      const next = await all(first.cursor, 2);
      expect(next.rows.map(({id, state}) => [id, state])).toEqual([
        [b, 'CANCELLED'],
        [c, 'SCHEDULED'],
        [a, 'PENDING'],
      ]);
      expect((await all(next.cursor, 2)).rows).toEqual([]);
    });

    test('that come while the first pages are read are seen afterwards', async () => {
      const [a] = await the.submitted(submission('a'), submission('b'), submission('c'));
      const first = await the.store.changes(undefined, 1);
      await the.store.ask('everyone', a!, 'cancel', ann);
      const rest = await all(first.cursor, 1);
      const changed = await all(rest.cursor, 9);
      expect(changed.rows.map(({id, state}) => [id, state])).toEqual([[a, 'CANCELLED']]);
    });

    test('and events of many writers at once are missed by no reader that goes on from the last it saw', async () => {
      const stores = [the.store, await the.another()];
      let writing = true;
      const events: EventRow[] = [];
      const rows = new Set<string>();
      let {cursor} = await the.store.changes(undefined, 9);
      const reading = (async () => {
        for (let over = false; !over; ) {
          // What was written until here is read below, and then it is over.
          over = !writing;
          for (let more = true; more; ) {
            const page = await the.store.events('everyone', {after: events.at(-1)?.seq, limit: 7});
            events.push(...page);
            more = page.length === 7;
          }
          const changed = await all(cursor, 5);
          for (const {id} of changed.rows) rows.add(id);
          cursor = changed.cursor;
        }
      })();
      const writers = Array.from({length: 16}, async (_, index) => {
        const store = stores[index % 2]!;
        for (let round = 0; round < 4; round++) {
          const [accepted] = await store.submit([submission(`w${index}`), submission(`v${index}`)]);
          await store.note({type: 'noted', actor: ann, data: {index}});
          await store.ask('everyone', accepted!.id, 'cancel', ann);
        }
      });
      await Promise.all(writers);
      writing = false;
      await reading;
      const seen = events.map(({seq}) => seq);
      expect(seen).toEqual((await the.store.events('everyone', {limit: 1000})).map(({seq}) => seq));
      expect(seen).toHaveLength(16 * 4 * 4);
      expect(rows.size).toBe(128);
    });
  });

  describe('the audit', () => {
    test('has notes as they were said', async () => {
      const event = {
        type: 'key.used',
        customer: 'acme',
        actor: {name: 'key:x', request: 'r9'},
        data: {a: [1, {b: 'c'}]},
      };
      await the.store.note(event);
      const [row] = await the.store.events('everyone', {limit: 9});
      expect(row).toEqual({...event, seq: expect.any(Number), at: expect.any(Number)});
      expect(await the.store.newestEvent()).toBe(row!.seq);
    });

    test.each([
      ['changed', "update events set actor = 'nobody'"],
      ['removed', 'delete from events'],
    ])('is not %s, even by who has the database', async (_, text) => {
      await the.submitted(submission('a'));
      await expect(the.sql(text)).rejects.toThrow('events are');
      expect(await the.store.events('everyone', {limit: 9})).toHaveLength(1);
    });

    test('lets go of what is too old, and says so; ended workloads go with all of theirs', async () => {
      const [a, b] = await the.submitted(submission('a'), submission('b'));
      await the.reported(await the.running(a!), 'SUCCEEDED');
      const now = (await the.store.now()) + 1000;
      expect(await the.store.expire({events: 0, workloads: 0})).toEqual({events: 0, workloads: 0});
      const before = await the.store.events('everyone', {limit: 99});
      expect(await the.store.expire({events: now, workloads: now})).toEqual({events: before.length, workloads: 1});
      expect(await the.store.workload('everyone', a!)).toBeUndefined();
      expect(await the.store.attempts('everyone', a!)).toEqual([]);
      expect(await the.store.workload('everyone', b!)).toMatchObject({id: b, state: 'PENDING'});
      const [left, ...none] = await the.store.events('everyone', {limit: 9});
      expect(none).toEqual([]);
      expect(left).toMatchObject({type: 'audit.expired', data: {events: before.length, workloads: 1}});
      expect(left!.seq).toBeGreaterThan(before.at(-1)!.seq);
    });

    test('lets go of more than goes in one transaction', async () => {
      await Promise.all(
        Array.from({length: 5}, (_, at) => the.store.submit(Array.from({length: 500}, () => submission(`w${at}`)))),
      );
      const now = (await the.store.now()) + 1000;
      expect(await the.store.expire({events: now, workloads: now})).toEqual({events: 2501, workloads: 0});
      const left = await the.store.events('everyone', {limit: 9});
      expect(left.map(({type, data}) => [type, data.events])).toEqual([['audit.expired', 501]]);
    });

    test('is read backwards as well, page by page', async () => {
      await the.submitted(...['a', 'b', 'c'].map(name => submission(name)));
      const all = (await the.store.events('everyone', {limit: 99})).map(({seq}) => seq);
      const newestFirst = true;
      const first = await the.store.events('everyone', {newestFirst, limit: 2});
      const rest = await the.store.events('everyone', {newestFirst, after: first[1]!.seq, limit: 99});
      expect([...first, ...rest].map(({seq}) => seq)).toEqual(all.toReversed());
    });

    test('is read by workload and by type', async () => {
      const [a] = await the.submitted(submission('a'), submission('b'));
      await the.running(a!);
      const types = ['workload.accepted'];
      expect(await the.store.events('everyone', {types, limit: 9})).toHaveLength(2);
      expect(await the.store.events('everyone', {types, workload: a!, limit: 9})).toHaveLength(1);
      expect(await the.store.events('everyone', {workload: a!, limit: 2})).toHaveLength(2);
    });
  });
}
