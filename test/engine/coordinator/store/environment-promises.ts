import {describe, expect, test} from 'vitest';
import type {ChangeRow, NewChange} from '../../../../src/engine/coordinator/environments/environment-rows.ts';
import type {Scope} from '../../../../src/engine/coordinator/store/index.ts';
import {ann} from './samples.ts';
import type {StoreUnderTest} from './store-under-test.ts';

const id = 'shop.default';
const acme: Scope = {customer: 'acme'};

let tokens = 0;
export const asked = (parts: Partial<NewChange> = {}): NewChange => ({
  environment: id,
  kind: 'apply',
  bundle: parts.kind === undefined || parts.kind === 'apply' ? 'b1' : undefined,
  options: {},
  actor: ann,
  owner: 'acme',
  token: `token-${++tokens}`,
  ...parts,
});

/** A bundle of one file, as `b1`. */
export async function putBundle(the: Pick<StoreUnderTest, 'store'>, sha256 = 'b1', stack = 'shop'): Promise<void> {
  const part = await the.store.putBlob(Buffer.from(`content of ${sha256}`));
  const manifest = [{path: 'niyanta.yaml', size: 13, parts: [part]}];
  await the.store.putBundle({sha256, project: 'shop', environment: 'default', stack, bytes: 13, manifest});
}

/** What a store promises of served stacks. */
export function environmentPromises(the: StoreUnderTest): void {
  const applied = async (): Promise<ChangeRow> => {
    await putBundle(the);
    const change = (await the.store.askChange(acme, asked()))!;
    const leadership = await the.leadership();
    await the.store.beginChange(leadership, id, change.number);
    await the.store.endChange(leadership, id, change.number, {result: 'applied', serial: 2, summary: '1 created'});
    return (await the.store.changeOf(acme, id, change.number))!;
  };
  const types = async () => (await the.store.events('everyone', {limit: 99})).map(({type}) => type);

  describe('environments', () => {
    test('a bundle is kept with what it is made of, and the same one once', async () => {
      await putBundle(the);
      await putBundle(the);
      const kept = (await the.store.bundle('b1'))!;
      expect(kept).toMatchObject({project: 'shop', environment: 'default', stack: 'shop', files: 1, bytes: 13});
      expect(Buffer.from((await the.store.blob(kept.manifest[0]!.parts[0]!))!).toString()).toBe('content of b1');
      expect(await the.store.bundle('b2')).toBeUndefined();
    });

    test('an apply makes the environment; changes are numbered, begun and ended by the leader', async () => {
      const change = await applied();
      expect(change).toMatchObject({number: 1, kind: 'apply', state: 'done', outcome: {serial: 2}, runs: []});
      expect(change.startedAt).toBeGreaterThanOrEqual(change.askedAt);
      expect(await the.store.environment(acme, id)).toMatchObject({
        ...{id, customer: 'acme', project: 'shop', environment: 'default', stack: 'shop', bundle: 'b1'},
        ...{condition: 'pending', healing: 'on', newestChange: 1, services: []},
      });
      const scale = await the.store.askChange(acme, asked({kind: 'scale', options: {counts: {web: 3}}}));
      expect(scale).toMatchObject({number: 2, state: 'waiting', options: {counts: {web: 3}}});
      expect((await the.store.openChanges()).map(({number}) => number)).toEqual([2]);
      expect(await types()).toEqual(
        expect.arrayContaining(['environment.asked', 'environment.changed', 'environment.asked']),
      );
    });

    test('a change is for what there is: none of an unknown environment, no unknown bundle', async () => {
      expect(await the.store.askChange(acme, asked({kind: 'scale'}))).toBeUndefined();
      await expect(the.store.askChange(acme, asked({bundle: 'b9'}))).rejects.toMatchObject({code: 'unknown-bundle'});
      expect(await the.store.environment('everyone', id)).toBeUndefined();
    });

    test('the same token is the same change, and never another one', async () => {
      await applied();
      const token = 'mine';
      const first = await the.store.askChange(acme, asked({kind: 'scale', options: {counts: {web: 2}}, token}));
      const again = await the.store.askChange(acme, asked({kind: 'scale', options: {counts: {web: 2}}, token}));
      expect(again).toEqual(first);
      await expect(
        the.store.askChange(acme, asked({kind: 'scale', options: {counts: {web: 3}}, token})),
      ).rejects.toMatchObject({code: 'idempotency-conflict'});
      expect((await the.store.environment(acme, id))?.newestChange).toBe(2);
    });

    test('a revision is what somebody asked for: whoever looked before it changes nothing', async () => {
      const update = (revision?: number) => asked({owner: undefined, update: {revision}});
      await putBundle(the);
      expect(await the.store.askChange(acme, update())).toBeUndefined();
      await applied();
      await the.store.askChange(acme, asked({kind: 'heal', actor: {name: 'coordinator:c1'}}));
      await the.store.askChange(acme, asked({kind: 'scale', actor: {name: 'autoscaler'}}));
      expect(await the.store.environment(acme, id)).toMatchObject({newestChange: 3, revision: 1});
      const first = update(1);
      const changed = await the.store.askChange(acme, first);
      expect(changed).toMatchObject({number: 4, kind: 'apply', bundle: 'b1'});
      expect(await the.store.environment(acme, id)).toMatchObject({newestChange: 4, revision: 4});
      await expect(the.store.askChange(acme, update(1))).rejects.toMatchObject({code: 'changed-meanwhile'});
      expect(await the.store.askChange(acme, first)).toEqual(changed);
      expect(await the.store.askChange(acme, update())).toMatchObject({number: 5});
      expect(await the.store.askChange({customer: 'globex'}, update())).toBeUndefined();
    });

    test('a name that is somebody else’s is refused; once it is removed, it is free, and its past is not told', async () => {
      await applied();
      await expect(the.store.askChange({customer: 'globex'}, asked({owner: 'globex'}))).rejects.toMatchObject({
        code: 'not-yours',
      });
      const leadership = await the.leadership();
      const destroy = (await the.store.askChange(acme, asked({kind: 'destroy', options: {volumes: true}})))!;
      await the.store.endChange(leadership, id, destroy.number, {result: 'applied'});
      expect(await the.store.environment(acme, id)).toBeUndefined();
      expect((await the.store.environments(acme, {limit: 9})).items).toEqual([]);
      expect(await the.store.changeOf(acme, id, destroy.number)).toMatchObject({state: 'done'});
      const anew = await the.store.askChange({customer: 'globex'}, asked({owner: 'globex'}));
      expect(anew).toMatchObject({number: 3});
      expect((await the.store.changesOf({customer: 'globex'}, id, {limit: 9}))?.items).toHaveLength(1);
      expect(await the.store.changesOf(acme, id, {limit: 9})).toBeUndefined();
    });

    test('a destroy that failed leaves the environment where it is', async () => {
      await applied();
      const destroy = (await the.store.askChange(acme, asked({kind: 'destroy'})))!;
      const error = {code: 'host-unreachable', message: 'h1 is silent'};
      await the.store.endChange(await the.leadership(), id, destroy.number, {result: 'failed', error});
      expect(await the.store.environment(acme, id)).toMatchObject({id});
      expect(await the.store.changeOf(acme, id, destroy.number)).toMatchObject({state: 'failed', outcome: {error}});
    });

    test('what is healed is what was applied last: a bundle counts once its apply was done', async () => {
      await applied();
      await putBundle(the, 'b2', 'store');
      const next = (await the.store.askChange(acme, asked({bundle: 'b2'})))!;
      expect(await the.store.environment(acme, id)).toMatchObject({bundle: 'b1', stack: 'shop'});
      await the.store.endChange(await the.leadership(), id, next.number, {result: 'rolled-back'});
      expect(await the.store.environment(acme, id)).toMatchObject({bundle: 'b1'});
      const third = (await the.store.askChange(acme, asked({bundle: 'b2'})))!;
      await the.store.endChange(await the.leadership(), id, third.number, {result: 'applied'});
      expect(await the.store.environment(acme, id)).toMatchObject({bundle: 'b2', stack: 'store'});
    });

    test('a change ends once, its runs are kept in their order, and a former leader writes nothing', async () => {
      await putBundle(the);
      await the.store.askChange(acme, asked());
      const leadership = await the.leadership();
      expect(await the.store.beginChange(leadership, id, 1)).toBe(true);
      expect(await the.store.beginChange(leadership, id, 1)).toBe(true);
      for (const run of ['r1', 'r2', 'r1']) await the.store.noteRun(leadership, id, 1, run);
      const old = {...leadership, generation: leadership.generation - 1};
      const refused = {code: 'not-leading'};
      await expect(the.store.beginChange(old, id, 1)).rejects.toMatchObject(refused);
      await expect(the.store.noteRun(old, id, 1, 'r3')).rejects.toMatchObject(refused);
      await expect(the.store.endChange(old, id, 1, {result: 'applied'})).rejects.toMatchObject(refused);
      await expect(the.store.noteSeen(old, id, {condition: 'healthy'})).rejects.toMatchObject(refused);
      expect(await the.store.endChange(leadership, id, 1, {result: 'applied'})).toBe(true);
      expect(await the.store.endChange(leadership, id, 1, {result: 'failed'})).toBe(false);
      expect(await the.store.beginChange(leadership, id, 1)).toBe(false);
      expect(await the.store.changeOf(acme, id, 1)).toMatchObject({state: 'done', runs: ['r1', 'r2']});
    });

    test('its condition is told when it is another one, or for another reason', async () => {
      await applied();
      const leadership = await the.leadership();
      const services = [{service: 'web', wanted: 2, good: 1}];
      await the.store.noteSeen(leadership, id, {condition: 'healing', reason: 'web 1 of 2', services});
      const since = (await the.store.environment(acme, id))!.conditionSince;
      await the.store.noteSeen(leadership, id, {condition: 'healing', reason: 'web 1 of 2', services});
      await the.store.noteSeen(leadership, id, {condition: 'healing', reason: 'h1 is lost'});
      expect(await the.store.environment(acme, id)).toMatchObject({
        ...{condition: 'healing', reason: 'h1 is lost', services, conditionSince: since},
      });
      expect((await types()).filter(type => type === 'environment.healing')).toHaveLength(2);
    });

    test('healing is paused and resumed, each told once', async () => {
      await applied();
      for (const healing of ['paused', 'paused', 'on'] as const)
        expect(await the.store.setHealing(acme, id, healing, ann)).toBe(true);
      expect(await the.store.setHealing(acme, 'shop.other', 'on', ann)).toBe(false);
      expect((await types()).filter(type => type.startsWith('environment.healing-'))).toEqual([
        'environment.healing-paused',
        'environment.healing-resumed',
      ]);
    });

    test('pages: environments by name, changes from the newest', async () => {
      await applied();
      for (const environment of ['shop.a', 'shop.b', 'shop.z']) await the.store.askChange(acme, asked({environment}));
      const first = await the.store.environments('everyone', {limit: 2});
      expect(first.items.map(row => row.id)).toEqual(['shop.a', 'shop.b']);
      const second = await the.store.environments('everyone', {limit: 2, after: first.next});
      expect(second.items.map(row => row.id)).toEqual([id, 'shop.z']);
      expect(second.next).toBeUndefined();
      for (const web of [1, 2, 3]) await the.store.askChange(acme, asked({kind: 'scale', options: {counts: {web}}}));
      const newest = (await the.store.changesOf(acme, id, {limit: 3}))!;
      expect(newest.items.map(({number}) => number)).toEqual([4, 3, 2]);
      expect((await the.store.changesOf(acme, id, {limit: 3, after: newest.next}))!.items).toHaveLength(1);
      await expect(the.store.changesOf(acme, id, {limit: 3, after: 'x'})).rejects.toMatchObject({code: 'wrong-cursor'});
    });

    test('changes that ended long ago go, but for the newest; a bundle that is referred to stays', async () => {
      await applied();
      const last = (await the.store.askChange(acme, asked({kind: 'scale'})))!;
      await the.store.endChange(await the.leadership(), id, last.number, {result: 'unchanged'});
      await putBundle(the, 'b2');
      const later = (await the.store.now()) + 1000;
      await the.store.expire({events: 0, workloads: later});
      expect((await the.store.changesOf(acme, id, {limit: 9}))!.items.map(({number}) => number)).toEqual([2]);
      expect(await the.store.bundle('b1')).toBeDefined();
      expect(await the.store.bundle('b2')).toBeDefined();
      await the.sql('update bundles set kept_at = 1; update blobs set kept_at = 1');
      await the.store.expire({events: 0, workloads: 0});
      expect(await the.store.bundle('b2')).toBeUndefined();
      const kept = (await the.store.bundle('b1'))!;
      expect(await the.store.blob(kept.manifest[0]!.parts[0]!)).toBeDefined();
    });
  });
}
