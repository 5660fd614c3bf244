import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {objectOf, structOf} from '../../../src/engine/grpc/wire/well-known.ts';
import {type Calling, calling} from './calling.ts';

let grpc: Calling;
let acme: string;
beforeAll(async () => {
  grpc = await calling();
  acme = await grpc.customer('acme');
});
afterAll(() => grpc.end());

const sleep = (name = 'w') => structOf({name, type: 'sleep', with: {ms: 1}});
const submit = async (name?: string) =>
  (await grpc.call('SubmitWorkload', {workload: sleep(name)}, {key: acme})).one.id;

describe('submitting', () => {
  test('a workload is accepted, and shown as it was written, defaults filled in', async () => {
    const notBefore = {seconds: 4_000_000_000, nanos: 5_000_000};
    const workload = structOf({name: 'nightly', type: 'sleep', with: {ms: 7}, labels: {team: 'a'}, priority: 70});
    const {status, one} = await grpc.call('SubmitWorkload', {workload, notBefore}, {key: acme});
    expect(status).toBe('OK');
    const {one: shown} = await grpc.call('GetWorkload', {id: one.id}, {key: acme});
    const {summary, spec, ...rest} = shown;
    expect(summary).toMatchObject({
      id: one.id,
      customer: 'acme',
      seq: one.seq,
      name: 'nightly',
      type: 'sleep',
      state: 'WORKLOAD_STATE_PENDING',
      priority: 70,
      labels: {team: 'a'},
      attempt: 0,
      startedAt: null,
      notBefore,
    });
    expect(summary.acceptedAt.seconds).toBeGreaterThan(1_700_000_000);
    expect(objectOf(spec, [])).toMatchObject({name: 'nightly', with: {ms: 7}, priority: 70});
    expect(rest).toEqual({inputs: {}, outputs: [], hasResult: false, waitsFor: [], idempotencyKey: ''});
  });

  test('the same idempotency key gives the workload of then; another content with it is refused', async () => {
    const request = {workload: sleep('once'), idempotencyKey: 'k-1'};
    const {one: first} = await grpc.call('SubmitWorkload', request, {key: acme});
    const {one: again} = await grpc.call('SubmitWorkload', request, {key: acme});
    expect(again).toEqual({...first, doubled: true});
    const other = await grpc.call('SubmitWorkload', {...request, workload: sleep('else')}, {key: acme});
    expect(other).toMatchObject({status: 'ALREADY_EXISTS', details: {ErrorInfo: {reason: 'idempotency-conflict'}}});
  });

  test('input files go with it', async () => {
    const workload = structOf({name: 'in', image: 'docker.io/library/busybox:1.37', inputs: {files: ['./a:/in/a']}});
    const {one} = await grpc.call('SubmitWorkload', {workload, inputs: {'/in/a': Buffer.from('hello')}}, {key: acme});
    const row = (await grpc.store.workload('everyone', one.id))!;
    expect(Buffer.from((await grpc.store.blob(row.inputs['/in/a']!))!).toString()).toBe('hello');
    const missing = await grpc.call('SubmitWorkload', {workload}, {key: acme});
    expect(missing.status).toBe('INVALID_ARGUMENT');
    expect(missing.details.BadRequest.fieldViolations).toMatchObject([{field: 'inputs', reason: 'missing'}]);
  });

  test('a batch is accepted in its order, all or none', async () => {
    const workloads = ['a', 'b', 'c'].map(name => ({workload: sleep(name)}));
    const {one} = await grpc.call('SubmitBatch', {workloads, batch: 'trio'}, {key: acme});
    expect(one.batch).toBe('trio');
    expect(one.items.map(({seq}: {seq: number}) => seq)).toEqual(
      one.items.map((_: unknown, at: number) => one.items[0].seq + at),
    );
    const before = (await grpc.store.counts('everyone')).PENDING;
    const wrong = [...workloads, {workload: structOf({name: 'd', type: 'sleep', priority: 1000, nonsense: 1})}];
    const refused = await grpc.call('SubmitBatch', {workloads: wrong}, {key: acme});
    expect(refused.status).toBe('INVALID_ARGUMENT');
    const fields = refused.details.BadRequest.fieldViolations.map(({field}: {field: string}) => field);
    expect(fields).toEqual(
      expect.arrayContaining(['workloads[3].workload.priority', 'workloads[3].workload.nonsense']),
    );
    expect((await grpc.store.counts('everyone')).PENDING).toBe(before);
  });

  test.each([
    ['no workload', {}, 'workload', 'missing'],
    ['a value without a kind', {workload: {fields: {name: {}}}}, 'workload.name', 'invalid-value'],
    [
      'a number that is none',
      {workload: structOf({name: 'a', priority: Number.NaN})},
      'workload.priority',
      'invalid-value',
    ],
    ['a time of no calendar', {workload: sleep(), notBefore: {seconds: 1e15, nanos: 0}}, 'not_before', 'invalid-value'],
    ['a key with a line break', {workload: sleep(), idempotencyKey: 'a\nb'}, 'idempotency_key', 'invalid-value'],
    ['a NUL character', {workload: structOf({name: 'a\0b'})}, 'workload.fields.name.stringValue', 'invalid-value'],
  ])('%s is refused with its field', async (_, request, field, reason) => {
    const answer = await grpc.call('SubmitWorkload', request, {key: acme});
    expect(answer.status, answer.message).toBe('INVALID_ARGUMENT');
    expect(answer.details.BadRequest.fieldViolations).toMatchObject([{field, reason}]);
  });

  test('what reaches beyond its container is not for keys of customers', async () => {
    const workload = structOf({name: 'a', image: 'docker.io/library/busybox:1.37', mounts: ['/etc:/host']});
    const answer = await grpc.call('SubmitWorkload', {workload}, {key: acme});
    expect(answer).toMatchObject({status: 'PERMISSION_DENIED', details: {ErrorInfo: {reason: 'not-for-customers'}}});
    expect((await grpc.call('SubmitWorkload', {workload, customer: 'acme'})).status).toBe('OK');
  });
});

describe('lists', () => {
  test('go page by page, each workload once, with the cursors of REST', async () => {
    const key = await grpc.customer('pages');
    const ids: string[] = [];
    for (let at = 0; at < 7; at++)
      ids.push((await grpc.call('SubmitWorkload', {workload: sleep(`p${at}`)}, {key})).one.id);
    const seen: string[] = [];
    let pageToken = '';
    do {
      const {one} = await grpc.call('ListWorkloads', {pageSize: 3, pageToken}, {key});
      seen.push(...one.workloads.map(({id}: {id: string}) => id));
      pageToken = one.nextPageToken;
    } while (pageToken !== '');
    expect(seen).toEqual(ids.reverse());
    const first = await grpc.store.workloads({customer: 'pages'}, {limit: 3});
    const {one} = await grpc.call('ListWorkloads', {pageSize: 3, pageToken: first.next}, {key});
    expect(one.workloads[0].id).toBe(ids[3]);
  });

  test('are of what matches all filters', async () => {
    const key = await grpc.customer('filters');
    const workload = (name: string, labels: object) => structOf({name, type: 'sleep', labels, with: {ms: 1}});
    await grpc.call('SubmitWorkload', {workload: workload('a', {x: '1', y: '2'})}, {key});
    await grpc.call('SubmitWorkload', {workload: workload('b', {x: '1'})}, {key});
    const {one: cancelled} = await grpc.call('SubmitWorkload', {workload: workload('c', {x: '1'})}, {key});
    expect((await grpc.call('CancelWorkload', {id: cancelled.id}, {key})).one.summary.state).toBe(
      'WORKLOAD_STATE_CANCELLED',
    );
    const names = async (request: object) =>
      (await grpc.call('ListWorkloads', request, {key})).one.workloads.map(({name}: {name: string}) => name);
    expect(await names({})).toEqual(['c', 'b', 'a']);
    expect(await names({labels: {x: '1', y: '2'}})).toEqual(['a']);
    expect(await names({states: ['WORKLOAD_STATE_PENDING']})).toEqual(['b', 'a']);
    expect(await names({states: ['WORKLOAD_STATE_PENDING', 'WORKLOAD_STATE_CANCELLED'], name: 'c'})).toEqual(['c']);
    expect(await names({worker: 'h9'})).toEqual([]);
  });

  test.each([
    [{pageSize: 501}, 'page_size'],
    [{pageSize: -1}, 'page_size'],
    [{pageToken: 'x'.repeat(1001)}, 'page_token'],
    [{states: ['WORKLOAD_STATE_UNSPECIFIED']}, 'states[0]'],
    [{customer: 'No Such'}, 'customer'],
    [{name: 'a\nb'}, 'name'],
  ])('%j is refused', async (request, field) => {
    const answer = await grpc.call('ListWorkloads', request);
    expect(answer).toMatchObject({status: 'INVALID_ARGUMENT', details: {BadRequest: {fieldViolations: [{field}]}}});
  });

  test('a page token that is none is refused', async () => {
    const answer = await grpc.call('ListWorkloads', {pageToken: 'nonsense'});
    expect(answer).toMatchObject({status: 'INVALID_ARGUMENT', details: {ErrorInfo: {reason: 'wrong-cursor'}}});
  });
});

describe('wishes', () => {
  test('change where a workload is', async () => {
    const id = await submit();
    const states: string[] = [];
    for (const method of ['PauseWorkload', 'ResumeWorkload', 'CancelWorkload', 'RetryWorkload']) {
      states.push((await grpc.call(method, {id}, {key: acme})).one.summary.state.replace('WORKLOAD_STATE_', ''));
    }
    expect(states).toEqual(['PAUSED', 'PENDING', 'CANCELLED', 'PENDING']);
  });

  test('that are not possible are refused with the state', async () => {
    const id = await submit();
    const answer = await grpc.call('ResumeWorkload', {id}, {key: acme});
    expect(answer).toMatchObject({status: 'FAILED_PRECONDITION', details: {ErrorInfo: {reason: 'not-possible'}}});
    expect(answer.message).toContain('PENDING');
  });

  test('the audit has who asked, and by which request', async () => {
    const id = await submit();
    const {first} = await grpc.call('CancelWorkload', {id}, {key: acme, metadata: {'x-request-id': 'mine-7'}});
    expect(first.get('x-request-id')).toEqual(['mine-7']);
    const events = await grpc.store.events('everyone', {workload: id, limit: 10});
    expect(events.at(-1)).toMatchObject({
      actor: {name: expect.stringMatching(/^key:/), request: 'mine-7'},
      to: 'CANCELLED',
    });
  });

  test('a batch is cancelled by a filter; everything is not cancelled at once', async () => {
    const workloads = ['x', 'y'].map(name => ({workload: sleep(name)}));
    const {one} = await grpc.call('SubmitBatch', {workloads}, {key: acme});
    const {one: done} = await grpc.call('CancelBatch', {batch: one.batch}, {key: acme});
    expect(done.items.map(({state}: {state: string}) => state)).toEqual([
      'WORKLOAD_STATE_CANCELLED',
      'WORKLOAD_STATE_CANCELLED',
    ]);
    expect((await grpc.call('CancelBatch', {}, {key: acme})).status).toBe('INVALID_ARGUMENT');
  });
});

test('what there is not is not found, with the request in the details', async () => {
  const id = '019aa8f2-6c1e-7b3a-9c55-0d6f3f0e8a11';
  for (const method of [
    'GetWorkload',
    'CancelWorkload',
    'WhyWorkload',
    'ListAttempts',
    'ListCheckpoints',
    'StreamLogs',
  ]) {
    const answer = await grpc.call(method, {id}, {metadata: {'x-request-id': 'r1'}});
    expect(answer, method).toMatchObject({
      status: 'NOT_FOUND',
      details: {RequestInfo: {requestId: 'r1'}, ErrorInfo: {reason: 'not-found', domain: 'niyanta'}},
    });
    expect(answer.last.get('x-request-id')).toEqual(['r1']);
  }
});

test('schedules are put, listed, suspended and removed', async () => {
  const workload = structOf({
    name: 'nightly',
    type: 'sleep',
    with: {ms: 1},
    schedule: {cron: '0 3 * * *', timeZone: 'Europe/Vilnius'},
  });
  const {one: put} = await grpc.call('PutSchedule', {workload}, {key: acme});
  expect(put).toMatchObject({
    name: 'nightly',
    cron: '0 3 * * *',
    timeZone: 'Europe/Vilnius',
    suspended: false,
    customer: 'acme',
  });
  expect((await grpc.call('SuspendSchedule', {id: put.id}, {key: acme})).one.suspended).toBe(true);
  expect((await grpc.call('ResumeSchedule', {id: put.id}, {key: acme})).one.suspended).toBe(false);
  expect((await grpc.call('ListSchedules', {}, {key: acme})).one.schedules).toMatchObject([{id: put.id}]);
  expect((await grpc.call('RemoveSchedule', {id: put.id}, {key: acme})).one).toEqual({});
  expect((await grpc.call('GetSchedule', {id: put.id}, {key: acme})).status).toBe('NOT_FOUND');
  expect(
    (await grpc.call('PutSchedule', {workload: sleep()}, {key: acme})).details.BadRequest.fieldViolations,
  ).toMatchObject([{field: 'workload.schedule', reason: 'missing'}]);
});
