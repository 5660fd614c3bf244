import {mkdir, mkdtemp, readdir, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {openSqliteStore} from '../../../../src/engine/coordinator/store/index.ts';
import {openFileStore} from '../../../../src/engine/state/file-store.ts';
import {makeRunId} from '../../../../src/engine/state/run-id.ts';
import {describeStore} from '../../state/store-suite.ts';
import {withEnvironment} from '../../state/store-under-test.ts';

describeStore('sqlite');

const settings = {usageHalfLifeMs: 1000};
const run = makeRunId(new Date('2026-11-21T10:00:00Z'), 'abcdef');

async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'niyanta-states-'));
  onTestFinished(() => rm(folder, {recursive: true}));
  return folder;
}

test('what a former version kept in files is taken in once, whole, and the files are kept', async () => {
  const folder = await scratch();
  const states = join(folder, 'environments', 'states');
  await mkdir(states, {recursive: true});
  const files = openFileStore(join(states, 'shop.lock.json'), 'shop');
  const lease = await files.acquire('default', 'apply', {waitMs: 0});
  await files.update(0, withEnvironment('default', {stopped: ['web']}));
  const last = await files.update(1, lock => lock);
  await files.journal.append('default', run, [{type: 'one'}, {type: 'two'}]);
  const {fence} = lease.holder;
  await lease.release();
  await writeFile(join(states, '.niyanta', 'shop.lock', 'journal', 'default', `${run}.jsonl`), '{"torn', {flag: 'a'});

  for (const _ of ['first', 'again']) {
    const store = await openSqliteStore(folder, settings);
    const state = await store.states!.open('shop');
    expect(await state.read()).toEqual(last);
    expect((await state.backups()).map(({serial}) => serial)).toEqual([1]);
    expect(await state.backup(1)).toMatchObject({serial: 1});
    expect(await state.journal.read('default', run)).toEqual([{type: 'one'}, {type: 'two'}]);
    await store.close();
  }
  expect((await readdir(states)).sort()).toEqual(['.niyanta', 'shop.lock.json.moved']);
  expect(await readdir(join(states, '.niyanta'))).toContain('shop.lock.moved');

  const store = await openSqliteStore(folder, settings);
  const state = await store.states!.open('shop');
  const next = await state.acquire('default', 'apply', {waitMs: 0});
  expect(next.holder.fence).toBeGreaterThan(fence);
  await state.journal.append('default', run, [{type: 'three'}]);
  expect(await state.journal.read('default', run)).toEqual([{type: 'one'}, {type: 'two'}, {type: 'three'}]);
  await next.release();
  await store.close();
});

test('taking in was cut off before the files had their other names: what is in the database counts', async () => {
  const folder = await scratch();
  const states = join(folder, 'environments', 'states');
  const store = await openSqliteStore(folder, settings);
  await (await store.states!.open('shop')).update(0, withEnvironment('default', {stopped: ['new']}));
  await store.close();
  await mkdir(states, {recursive: true});
  await openFileStore(join(states, 'shop.lock.json'), 'shop').update(0, withEnvironment('default', {stopped: ['old']}));
  const again = await openSqliteStore(folder, settings);
  const state = await again.states!.open('shop');
  expect((await state.read()).environments.default?.stopped).toEqual(['new']);
  expect(await readdir(states)).toContain('shop.lock.json.moved');
  await again.close();
});

test('projects have states of their own, and one that is new needs no files', async () => {
  const store = await openSqliteStore(await scratch(), settings);
  const [shop, blog] = [await store.states!.open('shop'), await store.states!.open('blog')];
  await shop.update(0, withEnvironment('default'));
  expect(await blog.read()).toMatchObject({project: 'blog', serial: 0, environments: {}});
  expect((await blog.read()).salt).not.toBe((await shop.read()).salt);
  const held = await shop.acquire('default', 'apply', {waitMs: 0});
  await (await blog.acquire('default', 'apply', {waitMs: 0})).release();
  await held.release();
  await store.close();
});
