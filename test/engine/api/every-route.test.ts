import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {permissions} from '../../../src/engine/coordinator/access/index.ts';
import type {Role} from '../../../src/engine/coordinator/store/index.ts';
import {type Operation, operations} from './document.ts';
import {packed} from './served-stacks.ts';
import {type Serving, serving} from './serving.ts';

/** Every operation of the OpenAPI document, so that none can be forgotten: a new one must be tried here or fails. */
const closed = operations.filter(({operationId}) => operationId in permissions);
const open = operations.filter(({operationId}) => !(operationId in permissions));

let api: Serving;
let acme: string;
/** What `acme` has, by the names of parameters. */
let ids: {workload: string; schedule: string; key: string; file: string; bundle?: string; environment?: string};
beforeAll(async () => {
  api = await serving();
  acme = await api.customer('acme');
  await api.customer('other');
  const leadership = (await api.store.lead({coordinator: 'test', ttlMs: 60_000}))!;
  await api.store.beat([{name: 'h1', kind: 'ssh', labels: {}, capacity: {cpu: 4, memory: 8, gpu: 0, disk: 9}}]);
  const workload = {name: 'secret-plan', type: 'sleep', with: {ms: 1}};
  const submitted = await api.ask('POST', '/v1/workloads', {key: acme, body: {workload}});
  const scheduled = {...workload, schedule: {cron: '0 3 * * *'}};
  const schedule = await api.ask('POST', '/v1/schedules', {key: acme, body: {workload: scheduled}});
  const key = await api.ask('POST', '/v1/keys', {key: api.admin, body: {role: 'viewer', customer: 'acme'}});
  const file = await api.store.putFile('acme', Buffer.from('only of acme'), 1000);
  ids = {workload: submitted.json.id, schedule: schedule.json.id, key: key.json.id, file: file.sha256};
  await withCheckpointAndOutput(leadership);
  await withEnvironment(leadership);
});
afterAll(() => api.end());

/** What others of these tests need would be gone. */
const removes = ['revokeKey', 'removeCustomer'];

/** So that all that `acme` could have is there to be seen. */
async function withCheckpointAndOutput(leadership: {coordinator: string; generation: number}): Promise<void> {
  const {store, coordinator} = api;
  const id = ids.workload;
  const place = {workload: id, attempt: 1, worker: 'h1', reason: 'fits'};
  const [attempt] = await store.place(leadership, [place]);
  const {lease} = attempt!;
  const sha256 = await store.putBlob(Buffer.from('what acme made'));
  await store.report([{workload: id, attempt: 1, lease, to: 'RUNNING'}]);
  const checkpoint = {workload: id, number: 1, attempt: 1, lease, size: 3, sha256, why: 'own'} as const;
  await store.addCheckpoint({...checkpoint, place: {kind: 'blob'}}, 3);
  coordinator.checkpointFiles.set(id, 'files');
  coordinator.lines.set(id, [{id: '0', at: '2026-11-21T18:00:00Z', stream: 'stdout', text: 'acme here', attempt: 1}]);
  const outputs = {'/out/report': sha256};
  await store.report([
    {workload: id, attempt: 1, lease, to: 'SUCCEEDED', outcome: 'succeeded', result: {a: 1}, outputs},
  ]);
}

/** A served stack of `acme`, with one change that has ended. */
async function withEnvironment(leadership: {coordinator: string; generation: number}): Promise<void> {
  const environments = api.coordinator.environments!;
  const {sha256} = await environments.putBundle((await packed(api.folder, 'secret-stack')).tar());
  const actor = {name: 'cli:test'};
  const {environment, number} = await environments.apply('everyone', 'acme', {bundle: sha256}, actor);
  ids = {...ids, bundle: sha256, environment};
  await api.store.beginChange(leadership, environment, number);
  await api.store.endChange(leadership, environment, number, {result: 'unchanged', serial: 1});
}

/** A path of `acme`'s own things, and a body that would do. */
function requestFor({operationId, path}: Operation): {
  path: string;
  body?: object;
  raw?: string;
  headers?: Record<string, string>;
} {
  const thing = path.startsWith('/v1/schedules') ? ids.schedule : path.startsWith('/v1/keys') ? ids.key : ids.workload;
  const owned = path.startsWith('/v1/environments') ? ids.environment! : thing;
  const id = path.startsWith('/v1/customers') ? 'acme' : owned;
  const query = operationId === 'compareVersions' ? '?name=secret-plan' : '';
  const filled = path
    .replace('{id}', id)
    .replace('{name}', 'h1')
    .replace('{number}', '1')
    .replace('{change}', '1')
    .replace('{path}', 'out/report')
    .concat(query);
  const workload = {name: 'more', type: 'sleep', with: {ms: 1}};
  const bodies: Record<string, object> = {
    submitWorkload: {workload},
    submitBatch: {workloads: [{workload}]},
    submitSplit: {
      variants: [1, 2].map(weight => ({submission: {workload: {...workload, version: `${weight}`}}, weight})),
    },
    tryPlacement: {workloads: [{workload}]},
    cancelBatch: {ids: [ids.workload]},
    putSchedule: {workload: {...workload, schedule: {cron: '0 3 * * *'}}},
    putSplitSchedule: {
      variants: [1, 2].map(weight => ({
        submission: {workload: {...workload, version: `${weight}`, schedule: {cron: '0 3 * * *'}}},
        weight,
      })),
    },
    putCustomer: {name: 'Acme', tier: 'premium'},
    createKey: {role: 'viewer', customer: 'acme'},
    rotateKey: {overlapMs: 1000},
    putBundle: {file: ids.file},
    planEnvironment: {bundle: ids.bundle},
    applyEnvironment: {bundle: ids.bundle},
    planChange: {kind: 'destroy'},
    scaleEnvironment: {counts: {web: 1}},
    rollbackEnvironment: {},
    promoteRelease: {},
    abortRelease: {},
    startServices: {},
    stopServices: {},
    restartServices: {},
    setHealing: {healing: 'on'},
    joinFile: {sha256: ids.file, parts: [ids.file]},
    missingFiles: {files: [ids.file]},
  };
  if (operationId === 'putFile')
    return {path: filled, raw: 'bytes', headers: {'Content-Type': 'application/octet-stream'}};
  return {path: filled, body: bodies[operationId]};
}

const send = (operation: Operation, key: string | undefined) => {
  const {path, ...rest} = requestFor(operation);
  return api.ask(operation.method, path, {key, ...rest});
};
const named = (list: readonly Operation[]) => list.map(each => [each.operationId, each] as const);

describe('without a key that is good', () => {
  test.each(named(closed))('%s refuses who has none', async (_, operation) => {
    const answer = await send(operation, undefined);
    expect(answer).toMatchObject({status: 401, json: {code: 'no-key'}});
    expect(answer.headers.get('www-authenticate')).toContain('Bearer');
  });

  test.each(['expired', 'revoked', 'suspended', 'unknown'])('every operation refuses a key that is %s', async kind => {
    const key = await badKey(kind);
    for (const operation of closed) {
      // As a client that is not throttled would see it: each from an API that has not seen failures yet.
      const answer = await fresh(operation, key);
      expect(answer, operation.operationId).toEqual([401, `${kind}-key`]);
    }
    // Those who come later have not failed.
    await restart();
  });

  async function fresh(operation: Operation, key: string): Promise<[number, string]> {
    let answer = await send(operation, key);
    for (let tries = 0; answer.status === 429 && tries < 50; tries++) {
      expect(answer.json.detail).toContain('failed-keys');
      await restart();
      answer = await send(operation, key);
    }
    return [answer.status, answer.json.code];
  }

  async function badKey(kind: string): Promise<string> {
    if (kind === 'unknown') return `nyk_${'a'.repeat(12)}_${'b'.repeat(43)}`;
    if (kind === 'suspended') {
      const key = await api.customer('late-payer');
      const customer = {id: 'late-payer', name: 'x', tier: 'free', limits: {}, suspended: true};
      await api.store.putCustomer(customer, {name: 'cli:test'});
      return key;
    }
    const now = await api.store.now();
    const key = await api.key({role: 'admin', ...(kind === 'expired' && {expiresAt: now + 20})});
    if (kind === 'expired') await expect.poll(async () => (await api.store.now()) > now + 20).toBe(true);
    else
      await api.store.revokeKey('everyone', (await api.store.keyByPrefix(key.split('_')[1]!))!.id, {name: 'cli:test'});
    return key;
  }

  /** The same store behind a new API. */
  const restart = () => api.restart();
});

describe("with another customer's key", () => {
  test.each(named(closed))('%s shows and changes nothing of acme', async (name, operation) => {
    const before = await picture();
    const answer = await send(operation, await api.key({role: 'customer', customer: 'other'}));
    const permission = permissions[name]!;
    if (permission.whole) expect(answer.status).toBe(403);
    else if (operation.path.includes('{')) expect(answer).toMatchObject({status: 404, json: {code: 'not-found'}});
    else expect(answer.status).toBeLessThan(500);
    for (const secret of ['secret-plan', ids.workload, ids.schedule, 'secret-stack', 'acme here', 'what acme made']) {
      if (!JSON.stringify(requestFor(operation)).includes(secret)) expect(answer.text).not.toContain(secret);
    }
    expect(await picture()).toEqual(before);
  });

  test.each(named(closed.filter(({parameters = []}) => parameters.some(({name}) => name === 'customer'))))(
    '%s does not take acme for a customer of its own',
    async (_, operation) => {
      const {path, ...rest} = requestFor(operation);
      const key = await api.key({role: 'customer', customer: 'other'});
      const answer = await api.ask(operation.method, `${path}${path.includes('?') ? '&' : '?'}customer=acme`, {
        key,
        ...rest,
      });
      expect([403, 404]).toContain(answer.status);
    },
  );

  async function picture(): Promise<unknown> {
    const {store} = api;
    const scope = {customer: 'acme'};
    const [list, schedules, keys, environments, events] = await Promise.all([
      store.workloads(scope, {limit: 100}),
      store.schedules(scope),
      store.keys(scope),
      store.environments(scope, {limit: 10}),
      store.events(scope, {limit: 1000}),
    ]);
    return {list, schedules, keys, environments, events, workers: (await store.workers()).map(({drained}) => drained)};
  }
});

describe('by role', () => {
  const keys = new Map<string, Promise<string>>();
  const keyOf = (role: Role, customer?: string) => {
    const name = `${role} ${customer}`;
    if (!keys.has(name)) keys.set(name, api.key({role, customer}));
    return keys.get(name)!;
  };

  test.each(named(closed))('%s is for those that the table says', async (name, operation) => {
    const {roles, whole} = permissions[name]!;
    const kinds: [Role, string | undefined][] = [
      ['admin', undefined],
      ['operator', undefined],
      ['customer', 'acme'],
      ['viewer', undefined],
      ['viewer', 'acme'],
    ];
    for (const [role, customer] of kinds.filter(([role]) => !(removes.includes(name) && role === 'admin'))) {
      const {status} = await send(operation, await keyOf(role, customer));
      const may = roles.includes(role) && !(whole && customer !== undefined);
      expect(status === 403, `${role} of ${customer ?? 'the whole coordinator'}: ${status}`).toBe(!may);
    }
  });

  test('a viewer changes nothing', () => {
    const changing = closed.filter(({operationId}) => permissions[operationId]!.roles.includes('viewer'));
    expect(changing.filter(({method}) => method !== 'GET').map(({operationId}) => operationId)).toEqual([]);
  });

  test.each(named(closed.filter(({operationId}) => operationId !== 'whoAmI')))(
    '%s needs its scope of a key that has scopes',
    async (name, operation) => {
      const {subject, write, roles, whole} = permissions[name]!;
      const role = roles[0]!;
      const customer = whole || role === 'admin' ? undefined : 'acme';
      const mine = `${subject}:${write ? 'write' : 'read'}`;
      const theirs = `${subject === 'usage' ? 'audit' : 'usage'}:read`;
      expect((await send(operation, await api.key({role, customer, scopes: [theirs]}))).status).toBe(403);
      if (removes.includes(name)) return;
      expect((await send(operation, await api.key({role, customer, scopes: [mine]}))).status).not.toBe(403);
    },
  );
});

test('what is open says nothing about anybody', async () => {
  expect(open.map(({operationId}) => operationId).sort()).toEqual(['getLogin', 'health', 'ready']);
  for (const operation of open) {
    const answer = await send(operation, undefined);
    expect(answer.status).toBe(200);
    expect(answer.text).not.toMatch(/acme|h1|of this machine/);
  }
});
