import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {type Serving, serving} from './serving.ts';

let api: Serving;
let acme: string;
let other: string;
beforeAll(async () => {
  api = await serving();
  acme = await api.customer('acme');
  other = await api.customer('other');
});
afterAll(() => api.end());

const hello = {name: 'hello', image: 'docker.io/library/busybox:1.37', command: ['echo', 'hello'], labels: {team: 'a'}};
const submit = async (workload: object = hello, rest: object = {}) => {
  const answer = await api.ask('POST', '/v1/workloads', {key: acme, body: {workload, ...rest}});
  expect(answer.status, answer.text).toBe(201);
  return answer.json.id as string;
};

describe('a workload', () => {
  test('is accepted, and found where the answer says', async () => {
    const answer = await api.ask('POST', '/v1/workloads', {key: acme, body: {workload: hello}});
    expect(answer.status).toBe(201);
    const there = await api.ask('GET', answer.headers.get('location')!, {key: acme});
    expect(there.json).toMatchObject({
      id: answer.json.id,
      customer: 'acme',
      state: 'PENDING',
      name: 'hello',
      labels: {team: 'a'},
      spec: {container: {command: ['echo', 'hello']}, retries: {backoff: {initialMs: expect.any(Number)}}},
    });
  });

  test('says what people wrote: durations in milliseconds, sizes in bytes, times in RFC 3339', async () => {
    const id = await submit(
      {...hello, timeout: '2h', resources: {memory: '512Mi'}},
      {notBefore: '2030-01-01T02:00:00+02:00'},
    );
    const {json} = await api.ask('GET', `/v1/workloads/${id}`, {key: acme});
    expect(json).toMatchObject({
      spec: {timeoutMs: 7_200_000, resources: {memory: 536_870_912}},
      notBefore: '2030-01-01T00:00:00.000Z',
    });
  });

  test('is not there for another customer, and nothing can be done to it', async () => {
    const id = await submit();
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/attempts'],
      ['GET', '/why'],
      ['GET', '/result'],
      ['GET', '/logs'],
      ['GET', '/checkpoints'],
      ['POST', '/cancel'],
    ] as const) {
      const answer = await api.ask(method, `/v1/workloads/${id}${path}`, {key: other});
      expect(answer, path).toMatchObject({status: 404, json: {code: 'not-found'}});
    }
    expect((await api.ask('GET', `/v1/workloads/${id}`, {key: acme})).json.state).toBe('PENDING');
  });

  test('is cancelled, tried again, paused, and goes on', async () => {
    const id = await submit();
    const steps = ['cancel:CANCELLED', 'retry:PENDING', 'pause:PAUSED', 'resume:PENDING'];
    for (const [verb, state] of steps.map(step => step.split(':'))) {
      const answer = await api.ask('POST', `/v1/workloads/${id}/${verb}`, {key: acme});
      expect(answer, verb).toMatchObject({status: 200, json: {state}});
    }
    const refused = await api.ask('POST', `/v1/workloads/${id}/resume`, {key: acme});
    expect(refused).toMatchObject({status: 409, json: {code: 'not-possible'}});
    const {json} = await api.ask('GET', `/v1/audit?workload=${id}`, {key: acme});
    const prefix = acme.split('_')[1];
    expect(json.items.map((event: {to?: string}) => event.to)).toEqual([
      'PENDING',
      'CANCELLED',
      'PENDING',
      'PAUSED',
      'PENDING',
    ]);
    expect(json.items.every((event: {actor: {name: string}}) => event.actor.name === `key:${prefix}`)).toBe(true);
  });

  test('that has a schedule is for schedules', async () => {
    const workload = {...hello, schedule: {cron: '0 3 * * *'}};
    const answer = await api.ask('POST', '/v1/workloads', {key: acme, body: {workload}});
    expect(answer.json.errors).toMatchObject([{code: 'has-schedule', pointer: '#/workload/schedule'}]);
  });

  test('brings its input files, and all of them', async () => {
    const workload = {...hello, inputs: {files: ['./a.txt:/in/a.txt']}};
    const id = await submit(workload, {inputs: {'/in/a.txt': Buffer.from('what is in it').toString('base64')}});
    const {json} = await api.ask('GET', `/v1/workloads/${id}`, {key: acme});
    expect(Buffer.from((await api.store.blob(json.inputs['/in/a.txt']))!).toString()).toBe('what is in it');
    const missing = await api.ask('POST', '/v1/workloads', {key: acme, body: {workload}});
    expect(missing.json).toMatchObject({status: 400, errors: [{code: 'missing', pointer: '#/inputs'}]});
    const inputs = {'/in/a.txt': 'YQ==', '/in/b': 'YQ=='};
    const unknown = await api.ask('POST', '/v1/workloads', {key: acme, body: {workload, inputs}});
    expect(unknown.json.errors).toMatchObject([{code: 'unknown-key', pointer: '#/inputs/~1in~1b'}]);
  });
});

describe('the same Idempotency-Key', () => {
  const send = (key: string, workload: object) =>
    api.ask('POST', '/v1/workloads', {key: acme, body: {workload}, headers: {'Idempotency-Key': key}});

  test('gives the same workload again, with 200', async () => {
    const first = await send('k1', hello);
    const again = await send('k1', hello);
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.json).toEqual({...first.json, doubled: true});
  });

  test('with another content is refused', async () => {
    await send('k2', hello);
    expect(await send('k2', {...hello, priority: 1})).toMatchObject({
      status: 422,
      json: {code: 'idempotency-conflict'},
    });
  });

  test('of a batch gives the same batch again', async () => {
    const body = {workloads: [{workload: hello}, {workload: {...hello, name: 'second'}}]};
    const sends = [1, 2].map(() => ({key: acme, body, headers: {'Idempotency-Key': 'b1'}}));
    const first = await api.ask('POST', '/v1/workloads/batch', sends[0]);
    const again = await api.ask('POST', '/v1/workloads/batch', sends[1]);
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.json.batch).toBe(first.json.batch);
    expect(again.json.items.map(({id}: {id: string}) => id)).toEqual(first.json.items.map(({id}: {id: string}) => id));
  });
});

describe('a batch', () => {
  test('is accepted in its order, and knows its own names', async () => {
    const workloads = [
      {workload: {...hello, name: 'load', after: [{workload: 'extract'}]}},
      {workload: {...hello, name: 'extract'}},
      {workload: {...hello, name: 'last'}},
    ];
    const {status, json} = await api.ask('POST', '/v1/workloads/batch', {key: acme, body: {workloads, batch: 'etl'}});
    expect(status).toBe(201);
    const seqs = json.items.map(({seq}: {seq: number}) => seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    const {json: list} = await api.ask('GET', '/v1/workloads?batch=etl', {key: acme});
    expect(list.items.map(({name}: {name: string}) => name)).toEqual(['last', 'extract', 'load']);
    const {json: load} = await api.ask('GET', `/v1/workloads/${json.items[0].id}`, {key: acme});
    expect(load.waitsFor).toEqual([{id: json.items[1].id, on: 'success'}]);
  });

  test('with one that is wrong is refused whole, and says which', async () => {
    const workloads = [{workload: {...hello, name: 'fine'}}, {workload: {...hello, priority: 1000}}];
    const answer = await api.ask('POST', '/v1/workloads/batch', {key: acme, body: {workloads, batch: 'broken'}});
    expect(answer).toMatchObject({status: 400, json: {errors: [{pointer: '#/workloads/1/workload/priority'}]}});
    const {json} = await api.ask('GET', '/v1/workloads?batch=broken', {key: acme});
    expect(json.items).toEqual([]);
  });

  test('that comes after what there is not is refused whole', async () => {
    const workloads = [{workload: hello}, {workload: {...hello, name: 'b', after: [{workload: 'nobody'}]}}];
    const answer = await api.ask('POST', '/v1/workloads/batch', {key: acme, body: {workloads}});
    expect(answer).toMatchObject({status: 422, json: {code: 'unknown-workload'}});
  });

  test('is cancelled by a filter; nobody else is', async () => {
    const body = (batch: string) => ({workloads: [{workload: hello}, {workload: {...hello, name: 'x'}}], batch});
    await api.ask('POST', '/v1/workloads/batch', {key: acme, body: body('gone')});
    await api.ask('POST', '/v1/workloads/batch', {key: other, body: body('gone')});
    const {json} = await api.ask('POST', '/v1/workloads/batch/cancel', {key: acme, body: {batch: 'gone'}});
    expect(json.items.map(({state}: {state: string}) => state)).toEqual(['CANCELLED', 'CANCELLED']);
    const {json: theirs} = await api.ask('GET', '/v1/workloads?batch=gone', {key: other});
    expect(theirs.items.map(({state}: {state: string}) => state)).toEqual(['PENDING', 'PENDING']);
    const everything = await api.ask('POST', '/v1/workloads/batch/cancel', {key: acme, body: {}});
    expect(everything.status).toBe(400);
  });
});

describe('a list', () => {
  test('goes on from page to page and misses none', async () => {
    const key = await api.customer('pages');
    const workloads = Array.from({length: 25}, (_, index) => ({workload: {...hello, name: `w${index}`}}));
    await api.ask('POST', '/v1/workloads/batch', {key, body: {workloads}});
    const names: string[] = [];
    let after = '';
    do {
      const {json} = await api.ask('GET', `/v1/workloads?limit=10${after}`, {key});
      names.push(...json.items.map(({name}: {name: string}) => name));
      after = json.next === undefined ? '' : `&after=${encodeURIComponent(json.next)}`;
    } while (after !== '');
    expect(names).toEqual(Array.from({length: 25}, (_, index) => `w${24 - index}`));
  });

  test.each([
    ['state=PENDING', ['two', 'one']],
    ['state=PENDING,CANCELLED', ['three', 'two', 'one']],
    ['state=CANCELLED&state=RUNNING', ['three']],
    ['name=one', ['one']],
    ['version=v2', ['two']],
    ['label=tier%3Dgold', ['two', 'one']],
    ['label=tier%3Dgold&label=a%3Db', ['one']],
    ['worker=h1', []],
    ['schedule=none', []],
  ])('by %s', async (filter, names) => {
    const key = await api.key({role: 'customer', customer: await filtered()});
    const {json} = await api.ask('GET', `/v1/workloads?${filter}`, {key});
    expect(json.items.map(({name}: {name: string}) => name)).toEqual(names);
  });

  test.each(['limit=0', 'limit=501', 'limit=x', 'state=running', 'label=x', 'after=%00', 'after=zzz', 'colour=red'])(
    'does not know %s',
    async wrong => {
      expect(await api.ask('GET', `/v1/workloads?${wrong}`, {key: acme})).toMatchObject({status: 400});
    },
  );

  let made: Promise<string> | undefined;
  const filtered = () => {
    made ??= (async () => {
      const key = await api.customer('filters');
      const body = {
        workloads: [
          {workload: {...hello, name: 'one', labels: {tier: 'gold', a: 'b'}}},
          {workload: {...hello, name: 'two', version: 'v2', labels: {tier: 'gold'}}},
          {workload: {...hello, name: 'three'}},
        ],
      };
      const {json} = await api.ask('POST', '/v1/workloads/batch', {key, body});
      await api.ask('POST', `/v1/workloads/${json.items[2].id}/cancel`, {key});
      return 'filters';
    })();
    return made;
  };
});
