import {afterAll, beforeAll, expect, test} from 'vitest';
import {packed} from '../api/served-stacks.ts';
import {type Calling, calling} from './calling.ts';
import {clientOf, metadataOf, service} from './client.ts';

let grpc: Calling;
let leadership: {coordinator: string; generation: number};
beforeAll(async () => {
  grpc = await calling();
  leadership = (await grpc.store.lead({coordinator: 'test', ttlMs: 3_600_000}))!;
});
afterAll(() => grpc.end());

/** A project's tar, in parts as a client would send it. */
async function partsOf(name: string): Promise<{content: Uint8Array}[]> {
  const parts: Uint8Array[] = [];
  for await (const part of (await packed(grpc.folder, name)).tar()) parts.push(part);
  const tar = Buffer.concat(parts);
  return Array.from({length: Math.ceil(tar.length / 700)}, (_, at) => ({
    content: tar.subarray(at * 700, (at + 1) * 700),
  }));
}

async function put(name: string) {
  const [first, ...messages] = await partsOf(name);
  return grpc.call('PutBundle', first!, {messages});
}

test('a project is taken in, applied, scaled, watched and listed', async () => {
  const bundle = await put('shop');
  expect(bundle, bundle.message).toMatchObject({
    status: 'OK',
    one: {project: 'shop', environment: 'default', stack: 'shop-stack'},
  });
  const applied = await grpc.call('ApplyEnvironment', {bundle: bundle.one.sha256, idempotencyKey: 'a-1'});
  expect(applied).toMatchObject({
    status: 'OK',
    one: {
      environment: 'shop.default',
      number: 1,
      kind: 'apply',
      state: 'waiting',
      bundle: bundle.one.sha256,
      outcome: null,
    },
  });
  expect(applied.one.actor.name).toMatch(/^key:/);
  const again = await grpc.call('ApplyEnvironment', {bundle: bundle.one.sha256, idempotencyKey: 'a-1'});
  expect(again.one.number).toBe(1);
  const id = 'shop.default';
  expect((await grpc.call('GetEnvironment', {id})).one).toMatchObject({
    id,
    customer: 'default',
    project: 'shop',
    newestChange: 1,
    healing: 'on',
  });
  expect((await grpc.call('ListEnvironments', {pageSize: 1})).one.environments).toMatchObject([{id}]);
  await grpc.store.beginChange(leadership, id, 1);
  await grpc.store.endChange(leadership, id, 1, {result: 'applied', serial: 1, summary: '1 created'});
  const ended = await grpc.call('GetChange', {id, number: 1});
  expect(ended.one).toMatchObject({
    state: 'done',
    outcome: {result: 'applied', serial: 1, summary: '1 created', errorCode: ''},
  });
  const watched = await grpc.call('WatchChange', {id, number: 1});
  expect(watched.status).toBe('OK');
  expect(watched.messages.at(-1).end).toMatchObject({number: 1, state: 'done'});
  expect((await grpc.call('SetHealing', {id, healing: 'paused'})).one.healing).toBe('paused');
  const changes = await grpc.call('ListChanges', {id});
  expect(changes.one.changes.map(({number}: {number: number}) => number)).toEqual([1]);
});

test.each([
  ['ApplyEnvironment', {bundle: 'x'}, 'bundle'],
  ['ApplyEnvironment', {bundle: 'a'.repeat(64), onFailure: 'panic'}, 'on_failure'],
  ['PlanEnvironment', {bundle: ''}, 'bundle'],
  ['GetEnvironment', {id: 'Nope'}, 'id'],
  ['ScaleEnvironment', {id: 'shop.default', counts: {}}, 'counts'],
  ['ScaleEnvironment', {id: 'shop.default', counts: {web: 1001}}, 'counts.web'],
  ['SetHealing', {id: 'shop.default', healing: 'maybe'}, 'healing'],
  ['GetChange', {id: 'shop.default', number: 0}, 'number'],
  ['RollbackEnvironment', {id: 'shop.default', to: -1}, 'to'],
  ['StreamReplicaLogs', {id: 'shop.default', since: 'yesterday'}, 'since'],
])('%s of %j is refused with its field', async (method, request, field) => {
  const answer = await grpc.call(method, request);
  expect(answer, answer.message).toMatchObject({
    status: 'INVALID_ARGUMENT',
    details: {BadRequest: {fieldViolations: [{field}]}},
  });
});

test('what there is not is not found; a bundle that was not put is said to be missing', async () => {
  expect((await grpc.call('HealEnvironment', {id: 'no.such'})).status).toBe('NOT_FOUND');
  expect((await grpc.call('ApplyEnvironment', {bundle: 'a'.repeat(64)})).status).toBe('FAILED_PRECONDITION');
});

test('what is no tar is refused', async () => {
  const answer = await grpc.call(
    'PutBundle',
    {content: Buffer.from('no tar')},
    {messages: [{content: Buffer.alloc(2000)}]},
  );
  expect(answer).toMatchObject({status: 'INVALID_ARGUMENT', details: {ErrorInfo: {reason: 'bundle-invalid'}}});
});

test('a client that goes away in the middle of a bundle leaves nothing waiting', async () => {
  const [first] = await partsOf('half');
  const {path, requestSerialize, responseDeserialize} = service.PutBundle!;
  const client = clientOf(grpc.grpc.address);
  const ended = () => grpc.logged.filter(line => /PutBundle.*(CANCELLED|INVALID_ARGUMENT)/.test(line)).length;
  const before = ended();
  const status = new Promise<number>(resolve => {
    const metadata = metadataOf({key: grpc.admin});
    const call = client.makeClientStreamRequest(path, requestSerialize, responseDeserialize, metadata, () => undefined);
    call.on('status', ({code}) => resolve(code)).on('error', () => undefined);
    // It has been let in by then.
    call.on('metadata', () => call.cancel());
    call.write(first!);
  });
  expect(await status).toBe(1);
  client.close();
  // The end of a stream that was cut off comes before the news that it was: the tar is torn then.
  await expect.poll(ended, {timeout: 20_000}).toBe(before + 1);
  expect((await put('half')).status).toBe('OK');
});
