import {expect, test} from 'vitest';
import {makeRunId} from '../../../src/engine/state/run-id.ts';
import type {StoreUnderTest} from './store-under-test.ts';

/** What every store promises of journals. */
export function journalPromises(the: StoreUnderTest): void {
  test('a journal keeps records in order, for each run and environment, newest run first', async () => {
    const lease = await the.store.acquire('default', 'apply', {waitMs: 0});
    const [first, second] = ['2026-11-21T11:34:00.123Z', '2026-11-21T11:35:00.000Z'].map(at =>
      makeRunId(new Date(at), 'abc123'),
    ) as [string, string];
    await the.store.journal.append('default', first, [
      {type: 'begin', text: 'ü\n\u2028"'},
      {type: 'started', n: 1},
    ]);
    await Promise.all([1, 2, 3].map(n => the.store.journal.append('default', second, [n])));
    await the.store.journal.append('default', first, [{type: 'result'}]);
    await lease.release();
    const {journal} = the.open();
    expect(await journal.runs('default')).toEqual([second, first]);
    expect(await journal.read('default', first)).toEqual([
      {type: 'begin', text: 'ü\n\u2028"'},
      {type: 'started', n: 1},
      {type: 'result'},
    ]);
    expect(await journal.read('default', second)).toEqual([1, 2, 3]);
    expect(await journal.runs('staging')).toEqual([]);
    expect(await journal.read('staging', first)).toEqual([]);
  });

  test('a journal keeps the newest 20 runs', async () => {
    const lease = await the.store.acquire('default', 'apply', {waitMs: 0});
    const runs = Array.from({length: 22}, (_, index) => makeRunId(new Date(Date.UTC(2026, 0, 1, 0, index)), 'abc123'));
    for (const run of runs) await the.store.journal.append('default', run, [1]);
    expect(await the.store.journal.runs('default')).toEqual(runs.slice(2).reverse());
    await lease.release();
  });

  test('a journal is written only by who holds the environment', async () => {
    const run = makeRunId(new Date(), 'abc123');
    await expect(the.store.journal.append('default', run, [1])).rejects.toMatchObject({code: 'lease-lost', exit: 4});
    const lease = await the.store.acquire('default', 'apply', {waitMs: 0});
    await expect(the.store.journal.append('staging', run, [1])).rejects.toMatchObject({code: 'lease-lost'});
    await the.store.journal.append('default', run, [1]);
    await the.open().release('default');
    await expect(the.store.journal.append('default', run, [2])).rejects.toMatchObject({code: 'lease-lost'});
    expect(await the.store.journal.read('default', run)).toEqual([1]);
    await lease.release();
  });
}
