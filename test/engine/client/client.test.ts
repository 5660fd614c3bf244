import {expect, test} from 'vitest';
import {answerOf, apiClient} from '../../../src/engine/client/api-client.ts';
import {cancelAllOf, removeCustomer} from '../../../src/engine/client/remove-customer.ts';
import {showWorkload} from '../../../src/engine/client/show-workload.ts';
import {submitSplit, submitWorkloads} from '../../../src/engine/client/submit-workloads.ts';
import {wish} from '../../../src/engine/client/wish.ts';
import type {Workload} from '../../../src/engine/spec/workload.ts';
import {workloadFromJson} from '../../../src/engine/spec/workload-from-json.ts';
import {serverOnStage} from './server-on-stage.ts';

const noImage = async () => {
  throw new Error('there is no image');
};

const nap = (name: string, fields: object = {}): Promise<Workload> =>
  workloadFromJson({name, type: 'sleep', with: {seconds: 0}, ...fields});

test('what is submitted runs; sent again with the same key it is the same, under another it is another', async () => {
  const {client} = await serverOnStage();
  const workloads = [await nap('a'), await nap('b', {after: [{workload: 'a'}]})];
  const first = await submitWorkloads(client, workloads, {idempotencyKey: 'one', openImage: noImage});
  expect(first.workloads.map(({name, doubled}) => [name, doubled])).toEqual([
    ['a', false],
    ['b', false],
  ]);
  const again = await submitWorkloads(client, workloads, {idempotencyKey: 'one', openImage: noImage});
  expect(again.workloads).toEqual(first.workloads.map(each => ({...each, doubled: true})));
  const other = await submitWorkloads(client, workloads, {idempotencyKey: 'two', openImage: noImage});
  expect(other.workloads[0]!.id).not.toBe(first.workloads[0]!.id);
  const last = first.workloads[1]!.id;
  await expect.poll(async () => (await showWorkload(client, last)).workload.state).toBe('SUCCEEDED');
  expect((await showWorkload(client, last)).attempts).toMatchObject([{attempt: 1, worker: 'h1'}]);
});

test('all or none: a wrong one keeps the others out, and is told by its place', async () => {
  const {client, store} = await serverOnStage();
  const workloads = [await nap('a'), await nap('b', {with: {seconds: 'x'}})];
  await expect(submitWorkloads(client, workloads, {idempotencyKey: 'k', openImage: noImage})).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringContaining('workload 2: with.seconds must be a number'),
  });
  expect((await store.workloads('everyone', {limit: 10})).items).toEqual([]);
});

test('one with a schedule becomes a schedule', async () => {
  const {client} = await serverOnStage();
  const nightly = await nap('nightly', {schedule: {cron: '0 3 * * *'}});
  const {workloads, schedules} = await submitWorkloads(client, [nightly], {idempotencyKey: 'k', openImage: noImage});
  expect([workloads, schedules]).toEqual([[], [{id: schedules[0]!.id, name: 'nightly'}]]);
  const listed = await answerOf(client.api.GET('/v1/schedules', {}));
  expect(listed.items).toMatchObject([{id: schedules[0]!.id, name: 'nightly', cron: '0 3 * * *', timeZone: 'UTC'}]);
});

test('cancel and retry; what is not possible says so', async () => {
  const {client} = await serverOnStage();
  const {workloads} = await submitWorkloads(client, [await nap('a', {resources: {cpu: 900}})], {
    idempotencyKey: 'k',
    openImage: noImage,
  });
  const ids = workloads.map(({id}) => id);
  expect(await wish(client, 'cancel', ids)).toMatchObject([{state: 'CANCELLED'}]);
  await expect(wish(client, 'pause', ids)).rejects.toMatchObject({name: 'UserError', code: 'not-possible'});
  expect(await wish(client, 'retry', ids)).toMatchObject([{state: 'PENDING'}]);
});

test('an input that is not there is told before anything is sent', async () => {
  const {client, store} = await serverOnStage();
  const workload = await workloadFromJson({name: 'a', image: 'b', inputs: {files: ['x:/in/x']}});
  const from = {...workload, inputs: {files: [{source: '/no/such/file', target: '/in/x'}]}};
  const sent = submitWorkloads(client, [from], {idempotencyKey: 'k', openImage: noImage});
  await expect(sent).rejects.toMatchObject({code: 'file-unreadable'});
  expect((await store.workloads('everyone', {limit: 10})).items).toEqual([]);
});

test('a wrong key is the user’s to mend, and stands in no error', async () => {
  const {address} = await serverOnStage();
  const key = 'nyk_aaaaaaaaaaaa_wrong';
  const {api} = apiClient({server: address, key});
  const error: unknown = await answerOf(api.GET('/v1/workloads', {params: {}})).catch((reason: unknown) => reason);
  expect(error).toMatchObject({name: 'UserError', hint: expect.stringContaining('NIYANTA_API_KEY')});
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(key);
});

test('of versions one is submitted, the same for the same key; they are compared by how they ended', async () => {
  const {client} = await serverOnStage();
  const versions = [await nap('nap', {version: 'v1'}), await nap('nap', {version: 'v2'})];
  const weights = new Map([
    ['v1', 50],
    ['v2', 50],
  ]);
  const split = (key: string, idempotencyKey: string = key) =>
    submitSplit(client, versions, {key, idempotencyKey, weights, openImage: noImage});
  const taken = new Set<string>();
  const ids: string[] = [];
  for (let key = 0; key < 16; key++) {
    const [first] = (await split(`k${key}`)).workloads;
    const [again] = (await split(`k${key}`, `other-${key}`)).workloads;
    const [doubled] = (await split(`k${key}`)).workloads;
    expect(again!.name).toBe(first!.name);
    expect(doubled).toEqual({...first, doubled: true});
    taken.add(first!.name);
    ids.push(first!.id, again!.id);
  }
  expect([...taken].sort()).toEqual(['nap v1', 'nap v2']);
  const state = async (id: string) => (await showWorkload(client, id)).workload.state;
  for (const id of ids) await expect.poll(() => state(id), {timeout: 60_000}).toBe('SUCCEEDED');
  const compared = await answerOf(client.api.GET('/v1/workloads/compare', {params: {query: {name: 'nap'}}}));
  expect(compared.versions.reduce((sum, {succeeded}) => sum + succeeded, 0)).toBe(32);
  expect(compared.tests!.success).toBe(1);
  const wish = {idempotencyKey: 'x', openImage: noImage};
  for (const [workloads, weight] of [
    [[versions[0]!], 'v1'],
    [versions, 'v3'],
  ] as const)
    await expect(submitSplit(client, workloads, {...wish, weights: new Map([[weight, 1]])})).rejects.toMatchObject({
      code: 'versions-invalid',
    });
  const others = [versions[0]!, await nap('other', {version: 'v2'})];
  await expect(submitSplit(client, others, {...wish, weights})).rejects.toMatchObject({
    message: expect.stringContaining('is not called nap'),
  });
});

test('a customer is removed when all of its workloads have ended, which cancelling has them do', async () => {
  const {client, store} = await serverOnStage();
  const body = {name: 'Acme', tier: 'free'};
  await answerOf(client.api.PUT('/v1/customers/{id}', {params: {path: {id: 'acme'}}, body}));
  const long = [await nap('a', {with: {seconds: 1000}}), await nap('b', {resources: {cpu: 900}})];
  const {workloads} = await submitWorkloads(client, long, {idempotencyKey: 'k', customer: 'acme', openImage: noImage});
  const running = async () => (await showWorkload(client, workloads[0]!.id)).workload.state;
  await expect.poll(running, {timeout: 60_000}).toBe('RUNNING');
  await expect(removeCustomer(client, 'acme', false)).rejects.toMatchObject({code: 'not-possible'});
  await cancelAllOf(client, 'acme');
  await expect.poll(() => removeCustomer(client, 'acme', true), {timeout: 60_000}).toBe(true);
  expect((await store.customers()).map(({id}) => id)).not.toContain('acme');
  await expect(removeCustomer(client, 'acme', true)).rejects.toMatchObject({code: 'not-found'});
  await expect(removeCustomer(client, 'default', true)).rejects.toMatchObject({code: 'not-possible'});
});
