import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {permissions} from '../../../src/engine/coordinator/access/index.ts';
import type {Leadership, Role} from '../../../src/engine/coordinator/store/index.ts';
import {operationOf} from '../../../src/engine/grpc/methods/operations.ts';
import {structOf} from '../../../src/engine/grpc/wire/well-known.ts';
import {packed} from '../api/served-stacks.ts';
import {type Calling, calling} from './calling.ts';
import {type Answer, service} from './client.ts';
import {type OwnThings, requestOf} from './own-requests.ts';

/** Every call of the .proto files, so that none can be forgotten: a new one must be tried here or fails. */
const methods = Object.keys(service);
const permissionOf = (method: string) => permissions[operationOf(method)]!;

let grpc: Calling;
let acme: string;
/** What `acme` has. */
let ids: OwnThings;
beforeAll(async () => {
  grpc = await calling();
  acme = await grpc.customer('acme');
  await grpc.customer('other');
  const workload = {name: 'secret-plan', type: 'sleep', with: {ms: 1}};
  const submitted = await grpc.call('SubmitWorkload', {workload: structOf(workload)}, {key: acme});
  const scheduled = structOf({...workload, schedule: {cron: '0 3 * * *'}});
  const schedule = await grpc.call('PutSchedule', {workload: scheduled}, {key: acme});
  const file = await grpc.call('PutFile', {content: Buffer.from('sent by acme')}, {key: acme});
  ids = {workload: submitted.one.id, schedule: schedule.one.id, bundle: '', environment: '', file: file.one.sha256};
  const leadership = (await grpc.store.lead({coordinator: 'test', ttlMs: 3_600_000}))!;
  await withCheckpointAndOutput(leadership);
  await withEnvironment(leadership);
});
afterAll(() => grpc.end());

/** So that all that `acme` could have is there to be seen. */
async function withCheckpointAndOutput(leadership: Leadership): Promise<void> {
  const {store, coordinator} = grpc;
  await store.beat([{name: 'h1', kind: 'ssh', labels: {}, capacity: {cpu: 4, memory: 8, gpu: 0, disk: 9}}]);
  const id = ids.workload;
  const [attempt] = await store.place(leadership, [{workload: id, attempt: 1, worker: 'h1', reason: 'fits'}]);
  const {lease} = attempt!;
  const sha256 = await store.putBlob(Buffer.from('what acme made'));
  await store.report([{workload: id, attempt: 1, lease, to: 'RUNNING'}]);
  const checkpoint = {workload: id, number: 1, attempt: 1, lease, size: 3, sha256, why: 'own'} as const;
  await store.addCheckpoint({...checkpoint, place: {kind: 'blob'}}, 3);
  coordinator.checkpointFiles.set(id, 'files of acme');
  coordinator.lines.set(id, [{id: '0', at: '2026-11-21T18:00:00Z', stream: 'stdout', text: 'acme here', attempt: 1}]);
  const outputs = {'/out/report': sha256};
  await store.report([
    {workload: id, attempt: 1, lease, to: 'SUCCEEDED', outcome: 'succeeded', result: {a: 1}, outputs},
  ]);
}

/** A served stack of `acme`, with one change that has ended. */
async function withEnvironment(leadership: Leadership): Promise<void> {
  const environments = grpc.coordinator.environments!;
  const {sha256} = await environments.putBundle((await packed(grpc.folder, 'secret-stack')).tar());
  const {environment, number} = await environments.apply('everyone', 'acme', {bundle: sha256}, {name: 'cli:test'});
  ids = {...ids, bundle: sha256, environment};
  await grpc.store.beginChange(leadership, environment, number);
  await grpc.store.endChange(leadership, environment, number, {result: 'unchanged', serial: 1});
}

const requestFor = (method: string) => requestOf(method, ids);

/** What goes on by itself is given up after its first message, and counts as answered. */
async function send(method: string, key: string | undefined, request = requestFor(method)): Promise<Answer> {
  const follows = method === 'WatchEvents';
  const answer = await grpc.call(method, request, {key, ...(follows && {enough: 1})});
  return follows && answer.status === 'CANCELLED' ? {...answer, status: 'OK'} : answer;
}

describe('without a key that is good', () => {
  test.each(methods)('%s refuses who has none', async method => {
    const answer = await send(method, undefined);
    expect(answer).toMatchObject({status: 'UNAUTHENTICATED', messages: [], details: {ErrorInfo: {reason: 'no-key'}}});
  });

  test.each(['expired', 'revoked', 'suspended', 'unknown'])('every call refuses a key that is %s', async kind => {
    const key = await badKey(kind);
    for (const method of methods) {
      // As a client that is not throttled would see it: each from a server that has not seen failures yet.
      let answer = await send(method, key);
      for (let tries = 0; answer.status === 'RESOURCE_EXHAUSTED' && tries < 50; tries++) {
        expect(answer.message).toContain('failed-keys');
        await grpc.restart();
        answer = await send(method, key);
      }
      expect([method, answer.status, answer.details.ErrorInfo.reason]).toEqual([
        method,
        'UNAUTHENTICATED',
        `${kind}-key`,
      ]);
      expect(answer.messages).toEqual([]);
    }
  });

  async function badKey(kind: string): Promise<string> {
    if (kind === 'unknown') return `nyk_${'a'.repeat(12)}_${'b'.repeat(43)}`;
    if (kind === 'suspended') {
      const key = await grpc.customer('late-payer');
      const customer = {id: 'late-payer', name: 'x', tier: 'free', limits: {}, suspended: true};
      await grpc.store.putCustomer(customer, {name: 'cli:test'});
      return key;
    }
    const now = await grpc.store.now();
    const key = await grpc.key({role: 'admin', ...(kind === 'expired' && {expiresAt: now + 20})});
    const {id} = (await grpc.store.keyByPrefix(key.split('_')[1]!))!;
    if (kind === 'expired') await expect.poll(async () => (await grpc.store.now()) > now + 20).toBe(true);
    else await grpc.store.revokeKey('everyone', id, {name: 'cli:test'});
    return key;
  }
});

const fieldsOf = (method: string) =>
  (service[method]!.requestType as unknown as {type: {field: {name: string}[]}}).type.field.map(({name}) => name);
const takeCustomer = methods.filter(method => fieldsOf(method).includes('customer'));

describe("with another customer's key", () => {
  test.each(methods)('%s shows and changes nothing of acme', async method => {
    const before = await picture();
    const other = await grpc.key({role: 'customer', customer: 'other'});
    // So that `other` has something to see, after all that is acme's.
    await grpc.call('SubmitWorkload', requestFor('SubmitWorkload'), {key: other});
    const answer = await send(method, other);
    const asked: {name?: string} = requestFor(method);
    const asksFor = JSON.stringify(asked);
    const named = [ids.workload, ids.schedule, ids.bundle, ids.environment].some(id => asksFor.includes(id));
    // A batch that finds none of its ids cancels none; a file of another's is not there.
    const expected = permissionOf(method).whole
      ? 'PERMISSION_DENIED'
      : method === 'JoinFile'
        ? 'FAILED_PRECONDITION'
        : named && method !== 'CancelBatch'
          ? 'NOT_FOUND'
          : 'OK';
    expect(answer.status).toBe(expected);
    const shown = JSON.stringify(answer.messages.map(message => textsOf(message)));
    for (const secret of [
      'secret-stack',
      'secret-plan',
      ids.workload,
      ids.schedule,
      'acme here',
      'what acme made',
      'files of acme',
    ]) {
      if (secret !== asked.name) expect(shown).not.toContain(secret);
    }
    expect(await picture()).toEqual(before);
  });

  test.each(takeCustomer.filter(method => !permissionOf(method).whole))(
    '%s does not take acme for a customer of its own',
    async method => {
      const key = await grpc.key({role: 'customer', customer: 'other'});
      const answer = await send(method, key, {...requestFor(method), customer: 'acme'});
      expect(answer.status).toBe('NOT_FOUND');
    },
  );

  test('only operators and admins apply for others, and see the keys of all', () => {
    expect(takeCustomer.filter(method => permissionOf(method).whole)).toEqual([
      'ApplyEnvironment',
      'ListKeys',
      'CreateKey',
    ]);
    expect(takeCustomer.length).toBeGreaterThan(15);
  });

  const textsOf = (message: object) =>
    JSON.parse(
      JSON.stringify(message, (_, value) => (value?.type === 'Buffer' ? Buffer.from(value.data).toString() : value)),
    );

  async function picture(): Promise<unknown> {
    const {store} = grpc;
    const scope = {customer: 'acme'};
    const [list, schedules, environments, events] = await Promise.all([
      store.workloads(scope, {limit: 100}),
      store.schedules(scope),
      store.environments(scope, {limit: 10}),
      store.events(scope, {limit: 1000}),
    ]);
    return {list, schedules, environments, events, workers: (await store.workers()).map(({drained}) => drained)};
  }
});

/** What calls come to that need a tar, or hosts: there are none here. */
const without: Readonly<Record<string, string>> = {PutBundle: 'INVALID_ARGUMENT', PlanEnvironment: 'UNAVAILABLE'};

describe('by role', () => {
  const keys = new Map<string, Promise<string>>();
  const keyOf = (role: Role, customer?: string) => {
    const name = `${role} ${customer}`;
    if (!keys.has(name)) keys.set(name, grpc.key({role, customer}));
    return keys.get(name)!;
  };

  test.each(methods)('%s is for those that the table says', async method => {
    const {roles, whole} = permissionOf(method);
    const kinds: [Role, string | undefined][] = [
      ['admin', undefined],
      ['operator', undefined],
      ['customer', 'acme'],
      ['viewer', undefined],
      ['viewer', 'acme'],
    ];
    for (const [role, customer] of kinds) {
      const {status} = await send(method, await keyOf(role, customer));
      const may = roles.includes(role) && !(whole && customer !== undefined);
      expect(status === 'PERMISSION_DENIED', `${role} of ${customer ?? 'all'}: ${status}`).toBe(!may);
      if (may) expect(['OK', 'FAILED_PRECONDITION', 'NOT_FOUND', without[method]]).toContain(status);
    }
  });

  test('a viewer changes nothing', () => {
    const changing =
      /^(Submit|Cancel|Pause|Resume|Retry|Take|Put|Remove|Suspend|Drain|Undrain|Apply|Scale|Rollback|Destroy|Release|Heal|Set|Plan|Try|Join|Restore|Create|Rotate|Revoke|Reload|Missing|Update|Promote|Abort|Start|Stop|Restart)/;
    const forViewers = methods.filter(method => permissionOf(method).roles.includes('viewer'));
    expect(forViewers.filter(method => changing.test(method))).toEqual([]);
    expect(methods.filter(method => permissionOf(method).write !== changing.test(method))).toEqual([]);
  });

  test.each(methods.filter(method => method !== 'WhoAmI'))(
    '%s needs its scope of a key that has scopes',
    async method => {
      const {subject, write, roles, whole} = permissionOf(method);
      const role = roles[0]!;
      const customer = whole || role === 'admin' ? undefined : 'acme';
      const without = await grpc.key({role, customer, scopes: [subject === 'usage' ? 'audit:read' : 'usage:read']});
      expect((await send(method, without)).status).toBe('PERMISSION_DENIED');
      const scoped = await grpc.key({role, customer, scopes: [`${subject}:${write ? 'write' : 'read'}`]});
      expect((await send(method, scoped)).status).not.toBe('PERMISSION_DENIED');
    },
  );
});
