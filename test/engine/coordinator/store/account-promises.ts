import {createHash} from 'node:crypto';
import {describe, expect, test} from 'vitest';
import type {NewApiKey, NewCheckpoint, NewSchedule} from '../../../../src/engine/coordinator/store/index.ts';
import {ann, submission, workloadNamed} from './samples.ts';
import type {StoreUnderTest} from './store-under-test.ts';

export const schedule = (id: string, parts: Partial<NewSchedule> = {}): NewSchedule => ({
  id,
  customer: 'acme',
  workload: workloadNamed('nightly'),
  rule: {cron: '0 3 * * *', timeZone: 'Asia/Kolkata', missed: 'once'},
  inputs: {'/in': 'ab'},
  ...parts,
});

export const apiKey = (id: string, parts: Partial<NewApiKey> = {}): NewApiKey => ({
  id,
  prefix: `p-${id}`,
  hash: 'h'.repeat(64),
  customer: 'acme',
  role: 'customer',
  ...parts,
});

/** What workers, schedules, customers, keys, checkpoints and blobs promise. */
export function accountPromises(the: StoreUnderTest): void {
  const beat = (name: string, labels: Readonly<Record<string, string>> = {}) =>
    ({name, kind: 'ssh', labels, capacity: {cpu: 2.5, memory: 2 ** 40, gpu: 1, disk: 3}}) as const;

  test('a database has a name of its own, which stays', async () => {
    const name = await the.store.identity();
    expect(name).toMatch(/^[0-9a-f]{32}$/);
    expect(await (await the.another()).identity()).toBe(name);
    await the.sql('select 1');
    expect(await the.store.identity()).toBe(name);
  });

  describe('workers', () => {
    test('beat, are drained, and are forgotten', async () => {
      await the.store.beat([
        beat('h2', {zone: 'b'}),
        beat('h1'),
        {...beat('h2'), region: 'eu', unusable: 'no containerd'},
      ]);
      await the.store.setDrained('h1', true, ann);
      await the.store.beat([beat('h1', {zone: 'a'})]);
      const [h1, h2] = await the.store.workers();
      expect(h1).toMatchObject({name: 'h1', drained: true, labels: {zone: 'a'}, capacity: beat('h1').capacity});
      expect(h2).toMatchObject({drained: false, region: 'eu', unusable: 'no containerd', labels: {}});
      expect(h1!.seenAt).toBeGreaterThanOrEqual(h2!.seenAt);
      await the.store.setDrained('h2', true, ann, true);
      expect((await the.store.workers()).map(({stopping}) => stopping)).toEqual([undefined, true]);
      await the.store.setDrained('h2', false, ann, true);
      expect((await the.store.workers())[1]).not.toHaveProperty('stopping');
      expect(await the.store.setDrained('h9', true, ann)).toBe(false);
      expect(await the.store.setDrained('h1', true, ann)).toBe(true);
      expect([await the.store.forget('h2', ann), await the.store.forget('h2', ann)]).toEqual([true, false]);
      const events = await the.store.events('everyone', {limit: 9});
      expect(events.map(({type, data}) => [type, data.stop])).toEqual([
        ['worker.drained', undefined],
        ['worker.drained', true],
        ['worker.undrained', undefined],
        ['worker.forgotten', undefined],
      ]);
    });
  });

  describe('checkpoints', () => {
    const taken = async (
      workload: string,
      number: number,
      parts: Partial<NewCheckpoint> = {},
    ): Promise<NewCheckpoint> => {
      const {attempt, lease} = await the.row(workload);
      const place = {kind: 's3', key: `k${number}`} as const;
      return {workload, number, attempt, lease: lease!, size: 5, sha256: `${number}`, why: 'time', place, ...parts};
    };

    test('are kept, newest first, as many good ones as said', async () => {
      const [id] = await the.submitted(submission('a'));
      await the.running(id!);
      const add = async (number: number) => the.store.addCheckpoint(await taken(id!, number), 2);
      expect(await add(1)).toEqual({outcome: 'counted', dropped: []});
      expect(await add(2)).toEqual({outcome: 'counted', dropped: []});
      expect((await add(3)).dropped.map(({number}) => number)).toEqual([1]);
      await the.store.markCorrupt(id!, 3, 'checksum');
      expect((await add(4)).dropped).toEqual([]);
      expect((await add(5)).dropped.map(({number}) => number)).toEqual([2, 3].toReversed());
      const kept = await the.store.checkpoints('everyone', id!);
      expect(kept.map(({number, place}) => [number, place])).toEqual([
        [5, {kind: 's3', key: 'k5'}],
        [4, {kind: 's3', key: 'k4'}],
      ]);
      const types = ['checkpoint.taken', 'checkpoint.corrupt'];
      const events = await the.store.events('everyone', {types, limit: 9});
      expect(events.map(({type, data}) => `${type} ${data.number}`)).toEqual([
        'checkpoint.taken 1',
        'checkpoint.taken 2',
        'checkpoint.taken 3',
        'checkpoint.corrupt 3',
        'checkpoint.taken 4',
        'checkpoint.taken 5',
      ]);
    });

    test('of another attempt or lease, or with a number that is taken, are fenced', async () => {
      const [id] = await the.submitted(submission('a'));
      const attempt = await the.running(id!);
      await the.store.addCheckpoint(await taken(id!, 1), 3);
      for (const wrong of [{lease: 'x'}, {attempt: 7}, {number: 1, sha256: 'other'}, {workload: 'nobody'}])
        expect(await the.store.addCheckpoint({...(await taken(id!, 2)), ...wrong}, 3)).toEqual({
          outcome: 'fenced',
          dropped: [],
        });
      await the.reported(attempt, 'RETRYING');
      expect((await the.store.addCheckpoint(await taken(id!, 2), 3)).outcome).toBe('fenced');
      expect(await the.store.checkpoints('everyone', id!)).toHaveLength(1);
    });

    test('said twice are kept once', async () => {
      const [id] = await the.submitted(submission('a'));
      await the.running(id!);
      const one = await taken(id!, 1, {progress: 30});
      await the.store.addCheckpoint(one, 3);
      expect(await the.store.addCheckpoint(one, 3)).toEqual({outcome: 'counted', dropped: []});
      expect(await the.store.checkpoints('everyone', id!)).toMatchObject([{number: 1, progress: 30}]);
    });
  });

  test('a blob is found by the hash of its content, and stays while it is referred to', async () => {
    const content = Uint8Array.from({length: 300}, (_, index) => index % 256);
    const sha256 = createHash('sha256').update(content).digest('hex');
    expect(await the.store.putBlob(content)).toBe(sha256);
    expect(await the.store.putBlob(content)).toBe(sha256);
    expect(Buffer.from((await the.store.blob(sha256))!)).toEqual(Buffer.from(content));
    expect(await the.store.blob('nothing')).toBeUndefined();
    const loose = await the.store.putBlob(Buffer.from('loose'));
    await the.submitted(submission('a', {inputs: {'/in': sha256}}));
    await the.sql('update blobs set kept_at = kept_at - 90000000');
    const young = await the.store.putBlob(Buffer.from('young'));
    await the.store.expire({events: 0, workloads: 0});
    const there = await Promise.all([sha256, loose, young].map(each => the.store.blob(each)));
    expect(there.map(each => each !== undefined)).toEqual([true, false, true]);
  });

  describe('schedules', () => {
    test('are put, put again, suspended and removed', async () => {
      const put = await the.store.putSchedule(schedule('s1'), ann);
      expect(put).toEqual({
        ...schedule('s1'),
        suspended: false,
        createdAt: put.firedUntil,
        firedUntil: expect.any(Number),
      });
      const again = schedule('s2', {rule: {...schedule('s2').rule, cron: '5 * * * *'}});
      await the.store.putSchedule(again, ann);
      await the.store.putSchedule(schedule('s3', {customer: 'globex'}), ann);
      expect((await the.store.schedules({customer: 'acme'})).map(({id, rule}) => [id, rule.cron])).toEqual([
        ['s2', '5 * * * *'],
      ]);
      expect(await the.store.setSuspended('everyone', 's2', true, ann)).toBe(true);
      expect((await the.store.schedules('everyone')).map(({suspended}) => suspended)).toEqual([true, false]);
      expect(await the.store.removeSchedule('everyone', 's2', ann)).toBe(true);
      expect(await the.store.removeSchedule('everyone', 's2', ann)).toBe(false);
      expect(await the.store.setSuspended('everyone', 's2', false, ann)).toBe(false);
    });

    test('fire once, whoever of two that lead after each other does it', async () => {
      const {firedUntil: from} = await the.store.putSchedule(schedule('s1'), ann);
      const other = await the.another();
      const firing = (name: string) => ({
        schedule: 's1',
        from,
        until: from + 60_000,
        submissions: [submission(name, {schedule: 's1'})],
      });
      const first = (await the.store.lead({coordinator: 'c1', ttlMs: 60_000}))!;
      const racing = [the.store.fire(first, firing('one')), the.store.fire(first, firing('two'))];
      await the.store.resign(first);
      const second = (await other.lead({coordinator: 'c2', ttlMs: 60_000}))!;
      const fired = await Promise.allSettled([...racing, other.fire(second, firing('three'))]);
      const accepted = fired.flatMap(each => (each.status === 'fulfilled' ? each.value : []));
      expect(accepted).toHaveLength(1);
      expect((await the.store.workloads('everyone', {schedule: 's1', limit: 9})).items).toHaveLength(1);
      expect((await the.store.schedules('everyone'))[0]!.firedUntil).toBe(from + 60_000);
    });

    test('that cannot submit have not fired', async () => {
      const {firedUntil: from} = await the.store.putSchedule(schedule('s1'), ann);
      const bad = submission('bad', {}, {after: [{workload: 'nobody', on: 'success'}]});
      const firing = the.store.fire(await the.leadership(), {
        schedule: 's1',
        from,
        until: from + 1,
        submissions: [bad],
      });
      await expect(firing).rejects.toMatchObject({code: 'unknown-workload'});
      expect((await the.store.schedules('everyone'))[0]!.firedUntil).toBe(from);
    });
  });

  test('customers are put and put again, and keep what they used', async () => {
    const acme = {
      id: 'acme',
      name: 'Acme',
      tier: 'free',
      limits: {running: 3, rate: {perSecond: 5, burst: 9}},
      suspended: false,
    };
    await the.store.putCustomer(acme, ann);
    await the.store.putCustomer({...acme, id: 'globex', limits: {}}, ann);
    await the.store.putCustomer({...acme, tier: 'gold', suspended: true}, ann);
    expect(await the.store.customers()).toMatchObject([
      {...acme, tier: 'gold', suspended: true, used: 0},
      {id: 'globex', limits: {}},
    ]);
    const events = await the.store.events({customer: 'acme'}, {limit: 9});
    expect(events.map(({type, data}) => [type, data.tier])).toEqual([
      ['customer.put', 'free'],
      ['customer.put', 'gold'],
    ]);
  });

  test('a customer goes with its schedules and keys when nothing of it goes on any more; the audit stays', async () => {
    const acme = {id: 'acme', name: 'Acme', tier: 'free', limits: {}, suspended: false};
    await the.store.putCustomer(acme, ann);
    await the.store.putCustomer({...acme, id: 'globex'}, ann);
    for (const [id, customer] of [
      ['k1', 'acme'],
      ['k2', 'globex'],
    ] as const)
      await the.store.addKey(apiKey(id, {customer}), ann);
    await the.store.putSchedule(schedule('s1'), ann);
    const [id] = await the.submitted(submission('a'), submission('b', {customer: 'globex'}));
    await expect(the.store.removeCustomer('acme', ann)).rejects.toMatchObject({
      code: 'not-possible',
      message: 'customer acme still has 1 workload that has not ended',
    });
    expect((await the.store.keyByPrefix('p-k1'))!.revokedAt).toBeUndefined();
    await the.store.ask('everyone', id!, 'cancel', ann);
    expect([await the.store.removeCustomer('acme', ann), await the.store.removeCustomer('acme', ann)]).toEqual([
      true,
      false,
    ]);
    expect((await the.store.customers()).map(each => each.id)).toEqual(['globex']);
    expect((await the.store.keyByPrefix('p-k1'))!.revokedAt).toEqual(expect.any(Number));
    expect((await the.store.keyByPrefix('p-k2'))!.revokedAt).toBeUndefined();
    expect(await the.store.schedules('everyone')).toEqual([]);
    expect((await the.row(id!)).state).toBe('CANCELLED');
    const events = await the.store.events({customer: 'acme'}, {types: ['customer.removed'], limit: 9});
    expect(events).toMatchObject([{actor: ann, data: {keys: 1, schedules: 1}}]);
  });

  test('keys are found by what is shown of them, and revoked; no event has their hash', async () => {
    const own = apiKey('k1', {scopes: ['workloads:read'], note: 'for ci', expiresAt: 99});
    await the.store.addKey(own, ann);
    await the.store.addKey(apiKey('k2', {customer: undefined, role: 'admin'}), ann);
    expect(await the.store.keyByPrefix('p-k1')).toEqual({...own, createdAt: expect.any(Number)});
    expect(await the.store.keyByPrefix('p-k9')).toBeUndefined();
    expect((await the.store.keys('everyone')).map(({id}) => id).sort()).toEqual(['k1', 'k2']);
    expect(await the.store.revokeKey('everyone', 'k1', ann)).toBe(true);
    expect((await the.store.keyByPrefix('p-k1'))!.revokedAt).toEqual(expect.any(Number));
    expect(await the.store.revokeKey('everyone', 'k9', ann)).toBe(false);
    expect(JSON.stringify(await the.store.events('everyone', {limit: 9}))).not.toContain(own.hash);
  });

  test('a key is followed by one with its rights, and goes on for the overlap at most', async () => {
    const now = await the.store.now();
    const day = 86_400_000;
    const old = apiKey('k1', {scopes: ['workloads:read'], note: 'for ci', expiresAt: now + 90 * day});
    await the.store.addKey(old, ann);
    const next = {id: 'k2', prefix: 'p-k2', hash: 'h2'};
    const made = (await the.store.rotateKey('k1', {next, overlapMs: day}, ann))!;
    const {customer, role, scopes, note} = old;
    expect(made).toMatchObject({...next, customer, role, scopes, note});
    // For as long as the first was made for.
    expect(made.expiresAt! - made.createdAt).toBeGreaterThan(89 * day);
    const former = (await the.store.keyByPrefix('p-k1'))!;
    expect(former.expiresAt! - made.createdAt).toBe(day);
    expect(former.hash).toBe(old.hash);
    // One that ends sooner by itself is not made to live longer.
    await the.store.rotateKey('k1', {next: {id: 'k3', prefix: 'p-k3', hash: 'h3'}, overlapMs: 50 * day}, ann);
    expect((await the.store.keyByPrefix('p-k1'))!.expiresAt).toBe(former.expiresAt);
    await the.store.revokeKey('everyone', 'k1', ann);
    const late = {next: {id: 'k4', prefix: 'p-k4', hash: 'h4'}, overlapMs: 0};
    await expect(the.store.rotateKey('k1', late, ann)).rejects.toMatchObject({code: 'not-possible'});
    expect(await the.store.rotateKey('k9', late, ann)).toBeUndefined();
    expect(await the.store.keyByPrefix('p-k4')).toBeUndefined();
    const events = await the.store.events('everyone', {types: ['key.rotated'], limit: 9});
    expect(events).toMatchObject([{actor: ann, data: {key: 'k1', next: 'k2'}}, {data: {key: 'k1', next: 'k3'}}]);
    expect(JSON.stringify(events)).not.toContain('h2"');
  });
}
