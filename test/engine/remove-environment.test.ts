import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {isExpired, renewed} from '../../src/engine/expiry.ts';
import {expiredEnvironments, forget} from '../../src/engine/remove-environment.ts';
import type {Session} from '../../src/engine/session.ts';
import {emptyState} from '../../src/engine/state/lock-file.ts';
import {openStore} from '../../src/engine/state/open-store.ts';
import type {StateStore} from '../../src/engine/state/store.ts';
import {updateOwn} from '../../src/engine/update-own.ts';

const now = new Date('2026-11-21T12:00:00Z');
let directory: string;
let store: StateStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'niyanta-forget-'));
  const project = {name: 'shop', directory, state: {kind: 'file', path: join(directory, 'niyanta.lock.json')}};
  store = await openStore(project as never, {hosts: [], secrets: {} as never, ssh: {env: {}}});
});
afterEach(async () => {
  await store.close();
  await rm(directory, {recursive: true, force: true});
});

const session = (environment: string) => ({store, environment}) as unknown as Session;
const add = (name: string, more: object = {}) =>
  updateOwn(store, lock => ({
    ...lock,
    environments: {...lock.environments, [name]: {...emptyState('shop'), ...more}},
  }));
const fenceOf = async (name: string) => {
  const lease = await store.acquire(name, 'apply', {waitMs: 0});
  await lease.release();
  return lease.holder.fence;
};

test('a name that comes again has a higher number than hosts remember of it, in a fresh clone too', async () => {
  await add('preview-1', {fence: 41});
  await add('staging', {fence: 3});
  await forget(session('preview-1'));
  expect(Object.keys((await store.read()).environments)).toEqual(['staging']);
  expect(await fenceOf('preview-1')).toBe(42);
  expect(await fenceOf('staging')).toBe(4);
  await forget(session('staging'));
  expect(await store.read()).toMatchObject({fenceFloor: 41, forgotten: ['preview-1', 'staging'], environments: {}});
});

test('only what is past its end has expired', async () => {
  await add('old', {expires: {at: '2026-11-21T11:59:59Z'}});
  await add('older', {expires: {at: '2026-11-20T00:00:00Z', lifetimeMs: 1000}});
  await add('young', {expires: {at: '2026-11-21T12:00:01Z'}});
  await add('forever');
  expect(await expiredEnvironments(session('default'), now)).toEqual(['old', 'older']);
  expect(isExpired({expires: {at: now.toISOString()}}, now)).toBe(true);
});

const hour = 3_600_000;
test.each<[string, {expires?: {at: string; lifetimeMs?: number}}, number | undefined, object]>([
  ['by the rule', {}, hour, {expires: {at: '2026-11-21T13:00:00.000Z'}}],
  [
    'by its own length, which it keeps',
    {expires: {at: '2026-11-21T00:00:00Z', lifetimeMs: 2 * hour}},
    hour,
    {expires: {at: '2026-11-21T14:00:00.000Z', lifetimeMs: 2 * hour}},
  ],
  ['no longer, when the rule is gone', {expires: {at: '2026-11-21T00:00:00Z'}}, undefined, {expires: undefined}],
])('an apply renews an environment %s', (_, state, expiresMs, told) => {
  const rules = expiresMs === undefined ? [] : [{pattern: 'p-*', quota: {}, expiresMs, at: {}}];
  const of = {project: {environments: rules}, environment: 'p-1'} as unknown as Session;
  expect(renewed(of, state, now.toISOString())).toEqual(told);
});
