import {describe, expect, test} from 'vitest';
import type {Wish, WorkloadId} from '../../../../src/engine/coordinator/store/index.ts';
import type {WorkloadState} from '../../../../src/engine/coordinator/workload-states.ts';
import {ann, submission} from './samples.ts';
import type {StoreUnderTest} from './store-under-test.ts';

/** Brings a new workload to a state, by what really leads there. */
export async function inState(the: StoreUnderTest, state: WorkloadState): Promise<WorkloadId> {
  const [id] = await the.submitted(submission(`is-${state.toLowerCase()}`));
  const one = {workload: id!, attempt: 1, reason: 'so'};
  const lead = () => the.leadership();
  switch (state) {
    case 'PENDING':
      break;
    case 'SCHEDULED':
      await the.placed(id!);
      break;
    case 'CHECKPOINTING':
      await the.running(id!);
      await the.store.change(await lead(), [{...one, from: 'RUNNING', to: 'CHECKPOINTING'}]);
      break;
    case 'LOST':
      await the.running(id!);
      await the.store.change(await lead(), [{...one, from: 'RUNNING', to: 'LOST'}]);
      break;
    case 'STARTING':
      await the.reported(await the.placed(id!), 'STARTING');
      break;
    default: {
      const attempt = await the.running(id!);
      if (state !== 'RUNNING') await the.reported(attempt, state);
    }
  }
  expect((await the.row(id!)).state).toBe(state);
  return id!;
}

/** What `ask` promises: wish, state it is in, what becomes of it (a state, a wish that is kept, or a refusal). */
export function wishPromises(the: StoreUnderTest): void {
  describe('ask', () => {
    const now = (state: WorkloadState) => ({state});
    const kept = (wanted: 'cancel' | 'pause') => ({wanted});
    const same = {same: true};
    const refused = {refused: true};
    test.each([
      ['cancel', 'PENDING', now('CANCELLED')],
      ['cancel', 'RETRYING', now('CANCELLED')],
      ['cancel', 'PAUSED', now('CANCELLED')],
      ['cancel', 'SCHEDULED', kept('cancel')],
      ['cancel', 'STARTING', kept('cancel')],
      ['cancel', 'RUNNING', kept('cancel')],
      ['cancel', 'CHECKPOINTING', kept('cancel')],
      ['cancel', 'LOST', kept('cancel')],
      ['cancel', 'CANCELLED', same],
      ['cancel', 'SUCCEEDED', refused],
      ['cancel', 'FAILED', refused],
      ['pause', 'PENDING', now('PAUSED')],
      ['pause', 'RETRYING', now('PAUSED')],
      ['pause', 'PAUSED', same],
      ['pause', 'SCHEDULED', kept('pause')],
      ['pause', 'STARTING', kept('pause')],
      ['pause', 'RUNNING', kept('pause')],
      ['pause', 'CHECKPOINTING', kept('pause')],
      ['pause', 'LOST', kept('pause')],
      ['pause', 'SUCCEEDED', refused],
      ['pause', 'FAILED', refused],
      ['pause', 'CANCELLED', refused],
      ['resume', 'PAUSED', now('PENDING')],
      ['resume', 'PENDING', refused],
      ['resume', 'RUNNING', refused],
      ['resume', 'SUCCEEDED', refused],
      ['retry', 'FAILED', now('PENDING')],
      ['retry', 'CANCELLED', now('PENDING')],
      ['retry', 'RETRYING', now('PENDING')],
      ['retry', 'RUNNING', refused],
      ['retry', 'LOST', refused],
      ['retry', 'SUCCEEDED', refused],
    ] as [Wish, WorkloadState, {state?: WorkloadState; wanted?: string; same?: boolean; refused?: boolean}][])(
      '%s of one that is %s',
      async (wish, state, becomes) => {
        const id = await inState(the, state);
        const before = await the.row(id);
        const seen = await the.store.newestEvent();
        const asked = the.store.ask({customer: 'acme'}, id, wish, ann);
        if (becomes.refused)
          await expect(asked).rejects.toMatchObject({code: 'not-possible', message: expect.stringContaining(state)});
        else expect(await asked).toEqual(await the.row(id));
        const after = await the.row(id);
        const events = await the.store.events('everyone', {after: seen, limit: 9});
        if (becomes.refused || becomes.same) {
          expect(after).toEqual(before);
          expect(events).toEqual([]);
        } else {
          expect(after.state).toBe(becomes.state ?? state);
          expect(after.wanted).toBe(becomes.wanted);
          expect(events).toHaveLength(1);
          expect(events[0]!.actor).toEqual(ann);
        }
      },
    );

    test('cancel comes before pause, and pause does not come after cancel', async () => {
      const id = await inState(the, 'RUNNING');
      await the.store.ask('everyone', id, 'pause', ann);
      expect(await the.store.ask('everyone', id, 'cancel', ann)).toMatchObject({wanted: 'cancel'});
      await expect(the.store.ask('everyone', id, 'pause', ann)).rejects.toMatchObject({code: 'not-possible'});
    });

    test('resume takes a pause back that is not carried out', async () => {
      const id = await inState(the, 'RUNNING');
      await the.store.ask('everyone', id, 'pause', ann);
      expect((await the.store.ask('everyone', id, 'resume', ann))?.wanted).toBeUndefined();
    });

    test.each([
      ['cancel', 'RETRYING', 'CANCELLED'],
      ['cancel', 'PENDING', 'CANCELLED'],
      ['pause', 'RETRYING', 'PAUSED'],
      ['pause', 'PENDING', 'PAUSED'],
      ['pause', 'FAILED', 'FAILED'],
      ['cancel', 'SUCCEEDED', 'SUCCEEDED'],
    ] as const)('%s is wanted and its attempt ends as %s: then it is %s', async (wish, reported, state) => {
      const [id] = await the.submitted(submission('a'));
      const attempt = await the.running(id!);
      await the.store.ask('everyone', id!, wish, ann);
      await the.reported(attempt, reported, {notBefore: 7});
      const row = await the.row(id!);
      expect(row.state).toBe(state);
      expect(row.wanted).toBeUndefined();
    });

    test('what is tried again by hand begins anew, and its next attempt has the next number', async () => {
      const [id] = await the.submitted(submission('a'));
      await the.reported(await the.running(id!), 'FAILED', {
        exitCode: 9,
        result: {x: 1},
        outputs: {log: 'ab'},
        progress: 40,
      });
      expect(await the.row(id!)).toMatchObject({exitCode: 9, result: {x: 1}, outputs: {log: 'ab'}, progress: 40});
      const row = (await the.store.ask('everyone', id!, 'retry', ann))!;
      expect(row).toMatchObject({state: 'PENDING', attempt: 1, outputs: {}});
      for (const gone of ['endedAt', 'exitCode', 'result', 'progress', 'worker']) expect(row).not.toHaveProperty(gone);
      expect((await the.placed(id!)).attempt).toBe(2);
    });

    test('a workload that is not there', async () => {
      expect(await the.store.ask('everyone', 'nobody', 'cancel', ann)).toBeUndefined();
    });
  });
}
