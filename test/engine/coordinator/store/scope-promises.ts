import {expect, test} from 'vitest';
import type {Scope, Store, WorkloadId} from '../../../../src/engine/coordinator/store/index.ts';
import {apiKey, schedule} from './account-promises.ts';
import {asked, putBundle} from './environment-promises.ts';
import {ann, submission} from './samples.ts';
import type {StoreUnderTest} from './store-under-test.ts';

type Verb = (store: Store, scope: Scope, id: WorkloadId) => Promise<unknown>;

/** Every verb that takes a scope, about things of acme; what a stranger gets of it. */
const verbs: readonly (readonly [name: string, verb: Verb, nothing: unknown])[] = [
  ['workload', (store, scope, id) => store.workload(scope, id), undefined],
  ['workloads', (store, scope) => store.workloads(scope, {limit: 9}), {items: []}],
  ['attempts', (store, scope, id) => store.attempts(scope, id), []],
  ['counts', async (store, scope) => Object.values(await store.counts(scope)).reduce((a, b) => a + b), 0],
  ['ask', (store, scope, id) => store.ask(scope, id, 'cancel', ann), undefined],
  ['checkpoints', (store, scope, id) => store.checkpoints(scope, id), []],
  ['schedules', (store, scope) => store.schedules(scope), []],
  ['setSuspended', (store, scope) => store.setSuspended(scope, 's1', true, ann), false],
  ['removeSchedule', (store, scope) => store.removeSchedule(scope, 's1', ann), false],
  ['keys', (store, scope) => store.keys(scope), []],
  ['revokeKey', (store, scope) => store.revokeKey(scope, 'k1', ann), false],
  ['environment', (store, scope) => store.environment(scope, 'shop.default'), undefined],
  ['environments', (store, scope) => store.environments(scope, {limit: 9}), {items: []}],
  ['askChange', (store, scope) => store.askChange(scope, asked({kind: 'scale'})), undefined],
  ['setHealing', (store, scope) => store.setHealing(scope, 'shop.default', 'paused', ann), false],
  ['changesOf', (store, scope) => store.changesOf(scope, 'shop.default', {limit: 9}), undefined],
  ['changeOf', (store, scope) => store.changeOf(scope, 'shop.default', 1), undefined],
  ['events', (store, scope) => store.events(scope, {limit: 9}), []],
  ['events of a workload', (store, scope, id) => store.events(scope, {workload: id, limit: 9}), []],
];

/** Nobody sees or changes what is another's. */
export function scopePromises(the: StoreUnderTest): void {
  test.each(verbs)('%s is for its own customer alone', async (_, verb, nothing) => {
    const [id] = await the.submitted(submission('a'));
    const {attempt, lease} = await the.running(id!);
    const place = {kind: 'blob'} as const;
    await the.store.addCheckpoint(
      {workload: id!, number: 1, attempt, lease, size: 1, sha256: 'a', why: 'own', place},
      3,
    );
    await the.store.putSchedule(schedule('s1'), ann);
    await the.store.addKey(apiKey('k1'), ann);
    await putBundle(the);
    await the.store.askChange('everyone', asked());
    const seen = await the.store.newestEvent();
    expect(await verb(the.store, {customer: 'globex'}, id!)).toEqual(nothing);
    expect(await the.store.newestEvent()).toBe(seen);
    expect(await verb(the.store, {customer: 'acme'}, id!)).not.toEqual(nothing);
  });

  test('a key of the whole coordinator is in no customer’s scope', async () => {
    await the.store.addKey(apiKey('root', {customer: undefined, role: 'admin'}), ann);
    expect(await the.store.keys({customer: 'acme'})).toEqual([]);
    expect(await the.store.revokeKey({customer: 'acme'}, 'root', ann)).toBe(false);
  });
}
