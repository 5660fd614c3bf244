import {createHash} from 'node:crypto';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {Leadership} from '../../../src/engine/coordinator/store/index.ts';
import {structOf} from '../../../src/engine/grpc/wire/well-known.ts';
import {type Calling, calling} from './calling.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const sleep = (name: string, version?: string) => structOf({name, version, type: 'sleep', with: {ms: 1}});

let grpc: Calling;
let leadership: Leadership;
beforeAll(async () => {
  grpc = await calling();
  leadership = (await grpc.store.lead({coordinator: 'test', ttlMs: 3_600_000}))!;
  await grpc.store.beat([{name: 'h1', kind: 'ssh', labels: {}, capacity: {cpu: 4, memory: 2 ** 33, gpu: 0, disk: 9}}]);
});
afterAll(() => grpc.end());

/** A workload that ran on h1 and came to its end. */
async function ended(name: string, version: string, to: 'SUCCEEDED' | 'FAILED'): Promise<string> {
  const {id} = (await grpc.call('SubmitWorkload', {workload: sleep(name, version)})).one;
  const [attempt] = await grpc.store.place(leadership, [{workload: id, attempt: 1, worker: 'h1', reason: 'fits'}]);
  const {lease} = attempt!;
  await grpc.store.report([{workload: id, attempt: 1, lease, to: 'RUNNING'}]);
  const outcome = to === 'SUCCEEDED' ? 'succeeded' : 'failed';
  await grpc.store.report([{workload: id, attempt: 1, lease, to, outcome}]);
  return id;
}

describe('customers and keys', () => {
  test('a customer is made, changed as a whole, shown and removed', async () => {
    const limits = {running: 3, memory: 2 ** 40, rate: {perSecond: 5, burst: 10}};
    const made = await grpc.call('PutCustomer', {id: 'acme', name: 'Acme', limits});
    expect(made.one).toMatchObject({id: 'acme', tier: 'standard', suspended: false, limits});
    const changed = await grpc.call('PutCustomer', {id: 'acme', name: 'Acme', tier: 'premium', suspended: true});
    expect(changed.one).toMatchObject({tier: 'premium', suspended: true, limits: {rate: null}});
    expect(changed.one.limits.running).toBeUndefined();
    expect((await grpc.call('GetCustomer', {id: 'acme'})).one).toEqual(changed.one);
    const {customers} = (await grpc.call('ListCustomers')).one;
    expect(customers.map(({id}: {id: string}) => id)).toEqual(['acme', 'default']);
    expect((await grpc.call('RemoveCustomer', {id: 'acme'})).status).toBe('OK');
    expect((await grpc.call('GetCustomer', {id: 'acme'})).status).toBe('NOT_FOUND');
    expect((await grpc.call('RemoveCustomer', {id: 'default'})).status).toBe('FAILED_PRECONDITION');
  });

  test('a key opens until it is revoked; a rotated one is followed by another with its rights', async () => {
    const made = await grpc.call('CreateKey', {role: 'viewer', note: 'CI', scopes: ['workloads:read']});
    const {key, info} = made.one;
    expect(info).toMatchObject({role: 'viewer', note: 'CI', scopes: ['workloads:read'], expiresAt: null});
    expect((await grpc.call('ListWorkloads', {}, {key})).status).toBe('OK');
    const rotated = (await grpc.call('RotateKey', {id: info.id, overlapMs: 0})).one;
    expect(rotated.info).toMatchObject({role: 'viewer', scopes: ['workloads:read']});
    expect((await grpc.call('ListWorkloads', {}, {key})).status).toBe('UNAUTHENTICATED');
    expect((await grpc.call('ListWorkloads', {}, {key: rotated.key})).status).toBe('OK');
    expect((await grpc.call('RevokeKey', {id: rotated.info.id})).status).toBe('OK');
    expect((await grpc.call('ListWorkloads', {}, {key: rotated.key})).status).toBe('UNAUTHENTICATED');
    const {keys} = (await grpc.call('ListKeys')).one;
    expect(keys.map(({id}: {id: string}) => id)).toEqual(expect.arrayContaining([info.id, rotated.info.id]));
    expect(JSON.stringify(keys)).not.toContain(rotated.key);
  });
});

describe('placement', () => {
  test('says where workloads would run on hosts that the caller describes, and why not elsewhere', async () => {
    const workload = structOf({name: 'big', type: 'sleep', with: {ms: 1}, resources: {cpu: 3}});
    const hosts = [
      {name: 'a', cpu: 4, memory: 2 ** 30},
      {name: 'b', cpu: 2, memory: 2 ** 30},
    ];
    const {one} = await grpc.call('TryPlacement', {workloads: [{workload, count: 2}], hosts});
    expect(one).toMatchObject({placed: 1, unplaced: 1});
    expect(one.placements[0]).toMatchObject({workload: 0, number: 1, name: 'big', worker: 'a'});
    expect(one.placements[1]).toMatchObject({number: 2, worker: ''});
    expect(one.placements[1].rejected).not.toEqual([]);
  });

  test('of workers that there are customers are not told the names', async () => {
    const workload = structOf({name: 'huge', type: 'sleep', with: {ms: 1}, resources: {cpu: 400}});
    const asked = {workloads: [{workload}]};
    const namesOf = async (key: string) =>
      (await grpc.call('TryPlacement', asked, {key})).one.placements[0].rejected.flatMap(
        ({some}: {some: string[]}) => some,
      );
    expect(await namesOf(grpc.admin)).toEqual(['h1']);
    expect(await namesOf(await grpc.customer('placed'))).toEqual([]);
  });
});

test('what was sent before goes with a submission', async () => {
  const [one, two] = ['first ', 'second'];
  const whole = sha256(one + two);
  const missing = await grpc.call('MissingFiles', {files: [whole, whole]});
  expect(missing.one.missing).toEqual([whole]);
  const parts = [];
  for (const text of [one, two]) {
    parts.push((await grpc.call('PutFile', {content: Buffer.from(text), sha256: sha256(text)})).one.sha256);
  }
  expect((await grpc.call('JoinFile', {sha256: whole, parts})).one).toEqual({sha256: whole, size: 12});
  expect((await grpc.call('MissingFiles', {files: [whole]})).one.missing).toEqual([]);
  const other = await grpc.call('PutFile', {content: Buffer.from('x'), sha256: whole});
  expect(other).toMatchObject({status: 'INVALID_ARGUMENT', details: {ErrorInfo: {reason: 'wrong-content'}}});
  const workload = structOf({name: 'with-file', image: 'busybox:1.37', inputs: [{path: '/in', as: 'file'}]});
  const unknown = await grpc.call('SubmitWorkload', {workload, sent: {files: {'/in': sha256('never sent')}}});
  expect(unknown.status).not.toBe('OK');
});

test('one of several versions is submitted: the same key gets the same', async () => {
  const variants = ['1', '2'].map(version => ({submission: {workload: sleep('split', version)}, weight: 1}));
  const take = async (key: string) => (await grpc.call('SubmitSplit', {variants, key})).one;
  const taken = await Promise.all(Array.from({length: 12}, (_, index) => take(`user-${index}`)));
  expect(new Set(taken.map(({version}) => version))).toEqual(new Set(['1', '2']));
  const first = await take('user-0');
  expect(first.version).toBe(taken[0].version);
  expect(first.accepted.id).not.toBe(taken[0].accepted.id);
});

test('versions are compared by how they ended', async () => {
  for (const [version, to] of [
    ['1', 'FAILED'],
    ['1', 'SUCCEEDED'],
    ['2', 'SUCCEEDED'],
  ] as const)
    await ended('compared', version, to);
  const {one} = await grpc.call('CompareVersions', {name: 'compared'});
  expect(one.versions).toMatchObject([
    {version: '1', succeeded: 1, failed: 1},
    {version: '2', succeeded: 1, failed: 0},
  ]);
  expect(one.successProbability).toBe(1);
  expect(one.durationProbability).toBeUndefined();
});

describe('a checkpoint', () => {
  test('is begun from again by a workload that failed', async () => {
    const id = await ended('again', '1', 'FAILED');
    const none = await grpc.call('RestoreCheckpoint', {id, number: 7});
    expect(none).toMatchObject({status: 'FAILED_PRECONDITION'});
    const elsewhere = await grpc.call('RestoreCheckpoint', {id}, {key: await grpc.customer('restorer')});
    expect(elsewhere.status).toBe('NOT_FOUND');
    const {id: next} = (await grpc.call('SubmitWorkload', {workload: sleep('kept')})).one;
    const [attempt] = await grpc.store.place(leadership, [{workload: next, attempt: 1, worker: 'h1', reason: 'fits'}]);
    const {lease} = attempt!;
    await grpc.store.report([{workload: next, attempt: 1, lease, to: 'RUNNING'}]);
    const blob = await grpc.store.putBlob(Buffer.from('state'));
    const taken = {workload: next, number: 1, attempt: 1, lease, size: 5, sha256: blob, why: 'own'} as const;
    await grpc.store.addCheckpoint({...taken, place: {kind: 'blob'}}, 3);
    await grpc.store.report([{workload: next, attempt: 1, lease, to: 'FAILED', outcome: 'failed'}]);
    const restored = await grpc.call('RestoreCheckpoint', {id: next, number: 1});
    expect(restored.one.summary).toMatchObject({id: next, state: 'WORKLOAD_STATE_PENDING'});
  });
});

describe('what was and is', () => {
  const hour = 3_600_000;
  const stamp = (ms: number) => ({seconds: Math.floor(ms / 1000), nanos: 0});

  test('trends have as many intervals as they should, and all that was submitted', async () => {
    const now = Date.now();
    const {one} = await grpc.call('ReadTrends', {
      from: stamp(now - hour),
      until: stamp(now + hour),
      intervalMs: hour / 2,
    });
    const submitted = one.items.reduce((sum: number, item: {submitted: number}) => sum + item.submitted, 0);
    const all = await grpc.store.workloads('everyone', {limit: 500});
    expect(submitted).toBe(all.items.length);
    expect(one.intervalMs).toBe(hour / 2);
  });

  test('costs, usage and utilisation are told', async () => {
    await ended('costly', '1', 'SUCCEEDED');
    const costs = (await grpc.call('ReadCosts', {by: 'workload'})).one;
    expect(costs.rates).toEqual({cpuHour: 0.05, memoryGibHour: 0.01, gpuHour: 0, currency: 'EUR'});
    expect(costs.items.map(({name}: {name: string}) => name)).toContain('costly');
    const usage = (await grpc.call('ReadUsage', {customer: 'default'})).one;
    expect(usage.items).toMatchObject([{customer: 'default', tier: 'standard'}]);
    expect(usage.items[0].workloads.SUCCEEDED).toBeGreaterThan(0);
    const held = (await grpc.call('ReadUtilisation')).one;
    expect(held.items).toMatchObject([{worker: 'h1', cpu: {capacity: 4}}]);
    expect(held.all.cpu.capacity).toBe(4);
    expect((await grpc.call('WorkloadFigures', {limit: 1})).one.items).toHaveLength(1);
  });

  test('the audit comes page by page, each event once, for whom it is', async () => {
    const seen: number[] = [];
    for (let token = ''; ; ) {
      const {events, nextPageToken} = (await grpc.call('ReadAudit', {pageSize: 7, pageToken: token})).one;
      seen.push(...events.map(({seq}: {seq: number}) => seq));
      if (nextPageToken === '') break;
      token = nextPageToken;
    }
    const all = await grpc.store.events('everyone', {limit: 500});
    expect(seen).toEqual(all.map(({seq}) => seq).slice(0, seen.length));
    expect(seen.length).toBeGreaterThan(20);
    const key = await grpc.customer('reader');
    const own = (await grpc.call('ReadAudit', {}, {key})).one.events;
    expect(own.every(({customer}: {customer: string}) => customer === 'reader')).toBe(true);
    const keys = (await grpc.call('ReadAudit', {types: ['key.added']})).one.events;
    expect(new Set(keys.map(({type}: {type: string}) => type))).toEqual(new Set(['key.added']));
  });
});

test('settings are shown and read again', async () => {
  expect((await grpc.call('GetSettings')).one.settings).toEqual([
    {name: 'log.level', value: 'info', origin: 'default'},
  ]);
  expect((await grpc.call('ReloadSettings')).one).toEqual({atRunTime: ['log.level'], atRestart: ['listen']});
});

test.each([
  ['PutCustomer', {id: 'Acme', name: 'x'}, 'id'],
  ['PutCustomer', {id: 'acme'}, 'name'],
  ['PutCustomer', {id: 'acme', name: 'x', tier: 'Gold'}, 'tier'],
  ['PutCustomer', {id: 'acme', name: 'x', limits: {cpu: -1}}, 'limits.cpu'],
  ['PutCustomer', {id: 'acme', name: 'x', limits: {rate: {perSecond: 0, burst: 1}}}, 'limits.rate.per_second'],
  ['GetCustomer', {}, 'id'],
  ['CreateKey', {role: 'root'}, 'role'],
  ['CreateKey', {role: 'viewer', note: 'x'.repeat(201)}, 'note'],
  ['RotateKey', {}, 'id'],
  ['RotateKey', {id: 'x', overlapMs: -1}, 'overlap_ms'],
  ['RevokeKey', {id: 'a\nb'}, 'id'],
  ['TryPlacement', {}, 'workloads'],
  ['TryPlacement', {workloads: [{workload: sleep('x'), count: 1001}]}, 'workloads[0].count'],
  ['TryPlacement', {workloads: [{}]}, 'workloads[0].workload'],
  ['TryPlacement', {workloads: [{workload: sleep('x')}], strategy: 'best'}, 'strategy'],
  ['TryPlacement', {workloads: [{workload: sleep('x')}], hosts: [{name: 'a'}, {name: 'a'}]}, 'hosts'],
  ['TryPlacement', {workloads: [{workload: sleep('x')}], hosts: [{name: 'a', cpu: -1}]}, 'hosts[0].cpu'],
  [
    'TryPlacement',
    {workloads: [{workload: sleep('x')}], hosts: [{name: 'a', ports: [{host: 0}]}]},
    'hosts[0].ports[0].host',
  ],
  ['SubmitSplit', {variants: [{submission: {workload: sleep('x')}, weight: 1}]}, 'variants'],
  ['SubmitSplit', {variants: [{weight: 1}, {weight: 1}]}, 'variants[0].submission'],
  ['PutFile', {content: Buffer.from('x'), sha256: 'x'}, 'sha256'],
  ['PutFile', {content: Buffer.alloc(4 * 2 ** 20 + 1)}, 'content'],
  ['JoinFile', {sha256: sha256('x')}, 'parts'],
  ['MissingFiles', {}, 'files'],
  ['RestoreCheckpoint', {id: 'x'}, 'id'],
  ['PlanChange', {id: 'shop.default'}, 'change'],
  ['PlanChange', {id: 'shop.default', scale: {}}, 'counts'],
  ['ListReplicas', {id: 'x'}, 'id'],
  ['CompareVersions', {}, 'name'],
  ['WorkloadFigures', {limit: 501}, 'limit'],
  ['ReadTrends', {intervalMs: 1}, 'interval_ms'],
  ['ReadTrends', {from: {seconds: 2e9, nanos: 0}}, 'from'],
  [
    'ReadTrends',
    {from: {seconds: 1_700_000_000, nanos: 0}, until: {seconds: 1_700_864_000, nanos: 0}, intervalMs: 60_000},
    'interval',
  ],
  ['ReadCosts', {by: 'day'}, 'by'],
  ['ReadAudit', {pageToken: 'x'}, 'page_token'],
  ['ReadAudit', {pageSize: 501}, 'page_size'],
  ['ReadUsage', {customer: 'No'}, 'customer'],
])('%s of %j is refused with its field', async (method, request, field) => {
  const answer = await grpc.call(method, request);
  expect(answer.status).toBe('INVALID_ARGUMENT');
  expect(answer.details.BadRequest.fieldViolations.map((each: {field: string}) => each.field)).toContain(field);
});
