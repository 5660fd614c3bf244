import {describe, expect, test} from 'vitest';
import {ann, submission} from './samples.ts';
import type {StoreUnderTest} from './store-under-test.ts';

/** What beginning again from a checkpoint promises. */
export function restorePromises(the: StoreUnderTest): void {
  /** One with checkpoints 1 to 3 whose attempt has ended so. */
  async function withCheckpoints(to: 'FAILED' | 'RETRYING' | 'SUCCEEDED' | 'PAUSED'): Promise<string> {
    const [id] = await the.submitted(submission('a'));
    const attempt = await the.running(id!);
    for (const number of [1, 2, 3]) await checkpoint(id!, number);
    await the.reported(attempt, to);
    return id!;
  }
  async function checkpoint(workload: string, number: number): Promise<void> {
    const {attempt, lease} = await the.row(workload);
    const place = {kind: 'blob'} as const;
    const one = {workload, number, attempt, lease: lease!, size: 5, sha256: `s${number}`, why: 'time', place} as const;
    expect((await the.store.addCheckpoint(one, 3)).outcome).toBe('counted');
  }
  const aside = async (id: string) =>
    (await the.store.checkpoints('everyone', id)).flatMap(each => (each.aside ? [each.number] : []));
  const restore = (id: string, number?: number) => the.store.restore({customer: 'acme'}, id, number, ann);

  describe('beginning again from a checkpoint', () => {
    test.each(['FAILED', 'RETRYING', 'PAUSED'] as const)(
      'one that is %s waits again, and later checkpoints are set aside',
      async state => {
        const id = await withCheckpoints(state);
        const row = await restore(id, 2);
        expect(row).toMatchObject({state: 'PENDING', reason: 'begins again from checkpoint 2'});
        expect(row!.endedAt).toBeUndefined();
        expect(await aside(id)).toEqual([3]);
        const events = await the.store.events('everyone', {workload: id, types: ['checkpoint.restored'], limit: 9});
        expect(events).toMatchObject([{actor: ann, data: {number: 2}}]);
        // The next attempt's own come after all of them, and those set aside do not count as kept.
        await the.running(id);
        await checkpoint(id, 4);
        await checkpoint(id, 5);
        const kept = await the.store.checkpoints('everyone', id);
        expect(kept.map(({number}) => number)).toEqual([5, 4, 3, 2]);
      },
    );

    test('a later choice takes back an earlier one; without a number it is the newest that is whole', async () => {
      const id = await withCheckpoints('FAILED');
      await restore(id, 1);
      expect(await aside(id)).toEqual([3, 2]);
      await the.store.ask('everyone', id, 'cancel', ann);
      await the.store.markCorrupt(id, 3, 'checksum');
      await restore(id);
      expect(await aside(id)).toEqual([3]);
    });

    test('is refused where it cannot be, and changes nothing then', async () => {
      const done = await withCheckpoints('SUCCEEDED');
      await expect(restore(done, 1)).rejects.toMatchObject({
        code: 'not-possible',
        message: expect.stringContaining('SUCCEEDED'),
      });
      const failed = await withCheckpoints('FAILED');
      await the.store.markCorrupt(failed, 2, 'its checksum is wrong');
      await expect(restore(failed, 2)).rejects.toMatchObject({
        code: 'not-possible',
        message: expect.stringContaining('checksum'),
      });
      await expect(restore(failed, 9)).rejects.toMatchObject({code: 'unknown-checkpoint'});
      const [bare] = await the.submitted(submission('bare'));
      await the.store.ask('everyone', bare!, 'cancel', ann);
      await expect(restore(bare!)).rejects.toMatchObject({code: 'unknown-checkpoint'});
      expect(await the.store.restore({customer: 'globex'}, failed, 1, ann)).toBeUndefined();
      expect((await the.row(failed)).state).toBe('FAILED');
      expect(await aside(failed)).toEqual([]);
    });

    test('a copy that came with a submission is its first, and told in the audit', async () => {
      const of = {workload: 'other', number: 7};
      const came = {size: 5, sha256: 's', place: {kind: 'blob'}, why: 'own', progress: 40, of} as const;
      const one = submission('copy', {checkpoint: came, idempotencyKey: 'k'});
      const [id] = await the.submitted(one, submission('beside'));
      const [first, ...more] = await the.store.checkpoints('everyone', id!);
      expect(first).toMatchObject({number: 1, attempt: 0, sha256: 's', progress: 40, why: 'own'});
      expect(more).toEqual([]);
      const events = await the.store.events('everyone', {workload: id!, limit: 1});
      expect(events).toMatchObject([{type: 'workload.accepted', data: {from: of}}]);
      expect(await the.submitted({...one, id: submission('x').id})).toEqual([id]);
      const other = {...one, id: submission('x').id, checkpoint: {...came, of: {...of, number: 8}}};
      await expect(the.submitted(other)).rejects.toMatchObject({code: 'idempotency-conflict'});
    });
  });
}
