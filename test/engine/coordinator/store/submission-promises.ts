import {expect, test} from 'vitest';
import {submission} from './samples.ts';
import type {StoreUnderTest} from './store-under-test.ts';

/** What `submit` promises. */
export function submissionPromises(the: StoreUnderTest): void {
  test('how those of a name ended is told by version, of one customer, newest first', async () => {
    const ids = await the.submitted(
      submission('a', {}, {version: '1'}),
      submission('a'),
      submission('a', {customer: 'globex'}),
      submission('b'),
      submission('a'),
    );
    for (const [index, to] of (['SUCCEEDED', 'FAILED', 'FAILED', 'FAILED'] as const).entries())
      await the.reported(await the.running(ids[index]!), to);
    const runs = await the.store.runsOf({customer: 'acme'}, 'a', 10);
    expect(runs.map(({version, state}) => [version, state])).toEqual([
      [undefined, 'FAILED'],
      ['1', 'SUCCEEDED'],
    ]);
    expect(runs[0]!.endedAt).toBeGreaterThanOrEqual(runs[0]!.startedAt!);
    expect(await the.store.runsOf('everyone', 'a', 10)).toHaveLength(3);
    expect(await the.store.runsOf('everyone', 'a', 1)).toHaveLength(1);
  });

  test('what was submitted is there as it was said, in the order of acceptance, and told', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const one = submission(
      'one',
      {inputs: {'/in/a': 'ab'.repeat(32)}, batch: 'b1', notBefore: 5, traceparent},
      {version: '2'},
    );
    const accepted = await the.store.submit([one, submission('two')]);
    expect(accepted.map(({doubled}) => doubled)).toEqual([false, false]);
    expect(accepted[1]!.seq).toBeGreaterThan(accepted[0]!.seq);
    expect(await the.row(one.id)).toMatchObject({
      id: one.id,
      customer: 'acme',
      seq: accepted[0]!.seq,
      state: 'PENDING',
      workload: one.workload,
      inputs: one.inputs,
      attempt: 0,
      notBefore: 5,
      batch: 'b1',
      request: 'r1',
      traceparent,
      outputs: {},
      waitsFor: [],
    });
    const [event] = await the.store.events('everyone', {workload: one.id, limit: 9});
    expect(event).toMatchObject({type: 'workload.accepted', to: 'PENDING', customer: 'acme', actor: one.actor});
  });

  test('what is odd in a text comes back the same', async () => {
    const odd = `a"b\\c{d},NULL,é漢\n\t'$1;--`;
    const one = submission(
      'odd',
      {},
      {labels: {[odd.slice(0, 9)]: odd}, with: {odd, nested: {list: [odd, null, 1.5]}}},
    );
    await the.store.submit([one]);
    expect((await the.row(one.id)).workload).toEqual(one.workload);
  });

  test('nothing submitted is nothing accepted', async () => {
    expect(await the.store.submit([])).toEqual([]);
  });

  test('a batch with one that is refused leaves nothing behind', async () => {
    const good = submission('good');
    const bad = submission('bad', {}, {after: [{workload: 'nobody', on: 'success'}]});
    await expect(the.store.submit([good, bad])).rejects.toMatchObject({code: 'unknown-workload'});
    expect(await the.store.workload('everyone', good.id)).toBeUndefined();
    expect(await the.store.events('everyone', {limit: 9})).toEqual([]);
  });

  test('callers at once are each whole or refused, in the order of their own', async () => {
    const calls = Array.from({length: 30}, (_, index) =>
      index % 10 === 3
        ? [submission(`x${index}`), submission(`x${index}-bad`, {}, {after: [{workload: 'nobody', on: 'always'}]})]
        : [submission(`x${index}`), submission(`y${index}`)],
    );
    const outcomes = await Promise.allSettled(calls.map(call => the.store.submit(call)));
    expect(outcomes.filter(({status}) => status === 'rejected')).toHaveLength(3);
    const {items} = await the.store.workloads('everyone', {limit: 100});
    expect(items).toHaveLength(54);
    for (const outcome of outcomes)
      if (outcome.status === 'fulfilled') expect(outcome.value[1]!.seq).toBeGreaterThan(outcome.value[0]!.seq);
    expect(new Set(items.map(({seq}) => seq)).size).toBe(54);
  });

  test('the same key and content again is the workload of then', async () => {
    const one = submission('one', {idempotencyKey: 'k'});
    const [first] = await the.store.submit([one]);
    const again = await the.store.submit([submission('one', {idempotencyKey: 'k'})]);
    expect(again).toEqual([{...first, doubled: true}]);
    expect((await the.store.workloads('everyone', {limit: 9})).items).toHaveLength(1);
  });

  test('the same key with another content is refused, and so is all of its batch', async () => {
    await the.store.submit([submission('one', {idempotencyKey: 'k'})]);
    const other = submission('other');
    await expect(
      the.store.submit([other, submission('one', {idempotencyKey: 'k'}, {priority: 70})]),
    ).rejects.toMatchObject({code: 'idempotency-conflict'});
    expect(await the.store.workload('everyone', other.id)).toBeUndefined();
  });

  test('keys are of a customer, and known within one batch', async () => {
    const accepted = await the.store.submit([
      submission('one', {idempotencyKey: 'k'}),
      submission('one', {idempotencyKey: 'k'}),
      submission('one', {idempotencyKey: 'k', customer: 'globex'}),
    ]);
    expect(accepted.map(({doubled}) => doubled)).toEqual([false, true, false]);
    expect(accepted[1]!.id).toBe(accepted[0]!.id);
    expect(accepted[2]!.id).not.toBe(accepted[0]!.id);
  });

  test('one key from many callers at once, on two coordinators, makes one workload', async () => {
    const stores = [the.store, await the.another()];
    const all = await Promise.all(
      Array.from({length: 20}, (_, index) => stores[index % 2]!.submit([submission('one', {idempotencyKey: 'k'})])),
    );
    expect(new Set(all.map(([accepted]) => accepted!.id)).size).toBe(1);
    expect(all.filter(([accepted]) => !accepted!.doubled)).toHaveLength(1);
  });

  test('two coordinators that submit at once give each a number of its own', async () => {
    const stores = [the.store, await the.another()];
    const all = await Promise.all(
      Array.from({length: 40}, (_, index) =>
        stores[index % 2]!.submit([submission(`w${index}`), submission(`v${index}`)]),
      ),
    );
    expect(new Set(all.flat().map(({seq}) => seq)).size).toBe(80);
  });
}
