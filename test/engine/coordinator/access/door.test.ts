import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, beforeEach, expect, test} from 'vitest';
import {createKey, Door, PendingQuota, prepareAccess} from '../../../../src/engine/coordinator/access/index.ts';
import {openSqliteStore, type Store} from '../../../../src/engine/coordinator/store/index.ts';
import {submission} from '../store/samples.ts';

const actor = {name: 'cli:test'};
let folder: string;
let store: Store;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'niyanta-door-'));
  store = await openSqliteStore(folder, {usageHalfLifeMs: 3_600_000});
  await store.putCustomer({id: 'acme', name: 'Acme', tier: 'free', limits: {pending: 3}, suspended: false}, actor);
});
afterAll(async () => {
  await store.close();
  await rm(folder, {recursive: true});
});

let now: number;
let door: Door;
beforeEach(() => {
  now = Date.now();
  door = new Door(store, () => now);
});
const revoke = async (text: string) => {
  const key = await store.keyByPrefix(text.split('_')[1]!);
  await store.revokeKey('everyone', key!.id, actor);
};

test('a key opens for its customer, by its whole text alone', async () => {
  const {text} = await createKey(store, {role: 'customer', customer: 'acme'}, actor);
  expect(await door.identify(text)).toMatchObject({role: 'customer', customer: {id: 'acme'}});
  const other = text.endsWith('A') ? 'B' : 'A';
  expect(await door.identify(`${text.slice(0, -1)}${other}`)).toBe('unknown');
});

test('a key that was revoked by another coordinator opens nothing after a second; by this one, at once', async () => {
  const {text} = await createKey(store, {role: 'admin'}, actor);
  expect(await door.identify(text)).toMatchObject({role: 'admin'});
  await revoke(text);
  now += 1001;
  expect(await door.identify(text)).toBe('revoked');
  const {text: second} = await createKey(store, {role: 'admin'}, actor);
  await door.identify(second);
  await revoke(second);
  door.forget();
  expect(await door.identify(second)).toBe('revoked');
});

test('a clock that was put back does not make a key live longer', async () => {
  const {text} = await createKey(store, {role: 'admin'}, actor);
  await door.identify(text);
  await revoke(text);
  now -= 3_600_000;
  expect(await door.identify(text)).toBe('revoked');
});

test('an expired key opens nothing, from that moment on', async () => {
  const {text, key} = await createKey(store, {role: 'admin', expiresAt: Date.now() + 60_000}, actor);
  now = key.expiresAt! - 1;
  expect(await door.identify(text)).toMatchObject({role: 'admin'});
  now = key.expiresAt!;
  expect(await door.identify(text)).toBe('expired');
});

test('many at once ask the store once', async () => {
  const {text} = await createKey(store, {role: 'admin'}, actor);
  let asked = 0;
  const keyByPrefix: Store['keyByPrefix'] = prefix => {
    asked++;
    return store.keyByPrefix(prefix);
  };
  const counting = {...store, keyByPrefix};
  const counted = new Door(counting, () => now);
  await Promise.all(Array.from({length: 50}, () => counted.identify(text)));
  expect(asked).toBe(1);
});

test.each([
  [{role: 'customer'}, 'needs a customer'],
  [{role: 'admin', customer: 'acme'}, 'of the whole coordinator'],
  [{role: 'viewer', customer: 'nobody'}, 'no customer nobody'],
  [{role: 'viewer', scopes: ['all']}, 'no scope all'],
  [{role: 'viewer', expiresAt: 1}, 'expired already'],
] as const)('a key that is %j is not made', async (wish, message) => {
  await expect(createKey(store, wish, actor)).rejects.toThrow(message);
});

test('what waits is limited, and counted anew', async () => {
  const quota = new PendingQuota(store, () => now);
  const customer = (await door.customer('acme'))!;
  await quota.admit(customer, 2);
  await store.submit([submission('a'), submission('b')]);
  await quota.admit(customer, 1);
  const [third] = await store.submit([submission('c')]);
  await expect(quota.admit(customer, 1)).rejects.toMatchObject({code: 'quota-pending'});
  await store.ask('everyone', third!.id, 'cancel', actor);
  now += 1001;
  await quota.admit(customer, 1);
  await expect(quota.admit(customer, 1)).rejects.toMatchObject({code: 'quota-pending'});
});

test('the first start makes a customer and an admin key, the second none', async () => {
  const place = join(folder, 'new');
  const fresh = await openSqliteStore(place, {usageHalfLifeMs: 1000});
  const text = await prepareAccess(fresh, actor);
  expect(await new Door(fresh, Date.now).identify(text!)).toMatchObject({role: 'admin', customer: undefined});
  expect(await prepareAccess(fresh, actor)).toBeUndefined();
  expect((await fresh.customers()).map(({id}) => id)).toEqual(['default']);
  await fresh.close();
});
