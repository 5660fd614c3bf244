import {describe, expect, test} from 'vitest';
import type {AfterRule} from '../../../../src/engine/spec/workload.ts';
import {ann, submission} from './samples.ts';
import type {StoreUnderTest} from './store-under-test.ts';

const later = (workload: string, on: AfterRule['on'] = 'success') => ({after: [{workload, on}]});

/** What `after` promises. */
export function dependencyPromises(the: StoreUnderTest): void {
  describe('after', () => {
    test.each([
      ['success', 'SUCCEEDED', 'PENDING', 0],
      ['success', 'FAILED', 'CANCELLED', 1],
      ['success', 'CANCELLED', 'CANCELLED', 1],
      ['failure', 'FAILED', 'PENDING', 0],
      ['failure', 'SUCCEEDED', 'CANCELLED', 1],
      ['failure', 'CANCELLED', 'CANCELLED', 1],
      ['always', 'SUCCEEDED', 'PENDING', 0],
      ['always', 'FAILED', 'PENDING', 0],
      ['always', 'CANCELLED', 'PENDING', 0],
    ] as const)('%s, when the one before has %s, leaves it %s', async (on, end, state, waits) => {
      const [first, second] = await the.submitted(submission('a'), submission('b', {}, later('a', on)));
      expect((await the.row(second!)).waitsFor).toEqual([{id: first, on}]);
      await the.reported(await the.running(first!), end);
      const row = await the.row(second!);
      expect(row.state).toBe(state);
      expect(row.waitsFor).toHaveLength(waits);
      if (state === 'CANCELLED') expect(row.reason).toContain(`a (${first})`);
      // The same of one that comes when the first has long ended.
      const [late] = await the.submitted(submission('late', {}, later('a', on)));
      expect(await the.row(late!)).toMatchObject({state, waitsFor: waits === 0 ? [] : [{id: first, on}]});
    });

    test('by id: whichever of a name it is, of the same customer alone; said again it is the same submission', async () => {
      const [first] = await the.submitted(submission('a'), submission('a'));
      const after = [{id: first!, on: 'failure'}] as const;
      const one = submission('b', {after, idempotencyKey: 'k'}, later('a', 'always'));
      const [second] = await the.submitted(one);
      const {waitsFor} = await the.row(second!);
      expect(waitsFor).toHaveLength(2);
      expect(waitsFor).toContainEqual({id: first, on: 'failure'});
      expect(await the.submitted({...one, id: submission('b').id})).toEqual([second]);
      const other = the.submitted({...one, id: submission('b').id, after: []});
      await expect(other).rejects.toMatchObject({code: 'idempotency-conflict'});
      await the.reported(await the.running(first!), 'SUCCEEDED');
      expect(await the.row(second!)).toMatchObject({state: 'CANCELLED', reason: expect.stringContaining(first!)});
      for (const wrong of [{id: 'nobody', on: 'success'} as const, after[0]]) {
        const customer = wrong === after[0] ? 'globex' : 'acme';
        const refused = the.submitted(submission('c', {customer, after: [wrong]}));
        await expect(refused).rejects.toMatchObject({code: 'unknown-workload'});
      }
    });

    test('what waits is not placed', async () => {
      const [, second] = await the.submitted(submission('a'), submission('b', {}, later('a')));
      await expect(the.placed(second!)).rejects.toThrow('cannot be placed');
    });

    test('it is of the same batch before it is of before, and the newest of before', async () => {
      const [, second] = await the.submitted(submission('a'), submission('a'));
      const [third] = await the.submitted(submission('b', {}, later('a')));
      expect((await the.row(third!)).waitsFor).toEqual([{id: second, on: 'success'}]);
      const [fourth, fifth] = await the.submitted(submission('b', {}, later('a')), submission('a'));
      expect((await the.row(fourth!)).waitsFor).toEqual([{id: fifth, on: 'success'}]);
    });

    test('one that comes after its own name waits for the one before', async () => {
      const [first] = await the.submitted(submission('daily'));
      const [second, third] = await the.submitted(
        submission('daily', {}, later('daily')),
        submission('daily', {}, later('daily')),
      );
      expect((await the.row(second!)).waitsFor).toEqual([{id: first, on: 'success'}]);
      expect((await the.row(third!)).waitsFor).toEqual([{id: second, on: 'success'}]);
    });

    test('another customer’s workload is none', async () => {
      await the.submitted(submission('a', {customer: 'globex'}));
      await expect(the.store.submit([submission('b', {}, later('a'))])).rejects.toMatchObject({
        code: 'unknown-workload',
      });
    });

    test('a circle is refused', async () => {
      const circle = [
        submission('a', {}, later('c')),
        submission('b', {}, later('a')),
        submission('c', {}, later('b')),
      ];
      await expect(the.store.submit(circle)).rejects.toMatchObject({
        code: 'after-cycle',
        message: expect.stringContaining('a after c after b after a'),
      });
    });

    test('what can never start takes with it what waits for it, each with its reason and event', async () => {
      const [a, b, c, d] = await the.submitted(
        submission('a'),
        submission('b', {}, later('a')),
        submission('c', {}, later('b')),
        submission('d', {}, later('b', 'always')),
      );
      await the.reported(await the.running(a!), 'FAILED', {exitCode: 3});
      expect((await the.row(b!)).state).toBe('CANCELLED');
      expect(await the.row(c!)).toMatchObject({state: 'CANCELLED', reason: expect.stringContaining(`b (${b})`)});
      expect(await the.row(d!)).toMatchObject({state: 'PENDING', waitsFor: []});
      const events = await the.store.events('everyone', {workload: c!, limit: 9});
      expect(events.at(-1)).toMatchObject({from: 'PENDING', to: 'CANCELLED', actor: {name: 'niyanta'}});
    });

    test('two it waits for are both waited for', async () => {
      const both = {
        after: [
          {workload: 'a', on: 'success'},
          {workload: 'b', on: 'always'},
        ],
      } as const;
      const [a, b, c] = await the.submitted(submission('a'), submission('b'), submission('c', {}, both));
      await the.reported(await the.running(a!), 'SUCCEEDED');
      expect((await the.row(c!)).waitsFor).toEqual([{id: b, on: 'always'}]);
      await the.store.ask('everyone', b!, 'cancel', ann);
      expect((await the.row(c!)).waitsFor).toEqual([]);
    });

    test('tried again, it waits again for what is tried again; not for what has ended otherwise', async () => {
      const [a, b] = await the.submitted(submission('a'), submission('b', {}, later('a')));
      await the.reported(await the.running(a!), 'FAILED');
      await expect(the.store.ask('everyone', b!, 'retry', ann)).rejects.toMatchObject({
        code: 'not-possible',
        message: expect.stringContaining('is FAILED'),
      });
      await the.store.ask('everyone', a!, 'retry', ann);
      expect(await the.store.ask('everyone', b!, 'retry', ann)).toMatchObject({
        state: 'PENDING',
        waitsFor: [{id: a, on: 'success'}],
      });
      await the.reported(await the.running(a!), 'SUCCEEDED');
      expect(await the.row(b!)).toMatchObject({state: 'PENDING', waitsFor: []});
    });

    test('the end of the one before and a submission at once never leave it waiting for good', async () => {
      const stores = [the.store, await the.another()];
      for (let round = 0; round < 8; round++) {
        const [first] = await the.submitted(submission('race'));
        const attempt = await the.running(first!);
        const [accepted] = await Promise.all([
          stores[1]!.submit([submission(`after-${round}`, {}, later('race'))]),
          the.reported(attempt, 'SUCCEEDED'),
        ]);
        expect((await the.row(accepted[0]!.id)).waitsFor).toEqual([]);
      }
    });
  });
}
