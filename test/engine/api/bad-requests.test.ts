import {connect} from 'node:net';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {type Serving, serving} from './serving.ts';

let api: Serving;
let acme: string;
beforeAll(async () => {
  api = await serving({requestTimeoutMs: 1500, headersTimeoutMs: 1000});
  acme = await api.customer('acme');
});
afterAll(() => api.end());

const workload = {name: 'w', type: 'sleep', with: {ms: 1}};

describe('every error has the one shape', () => {
  test.each([
    ['no such path', 'GET', '/v1/nothing', {}, 404, 'no-route'],
    ['no such path at all', 'GET', '/', {}, 404, 'no-route'],
    ['another method', 'DELETE', '/v1/workloads', {}, 405, 'wrong-method'],
    [
      'another method of a path with an id',
      'PATCH',
      '/v1/workloads/019aa8f2-6c1e-7b3a-9c55-0d6f3f0e8a11',
      {},
      405,
      'wrong-method',
    ],
    ['an id that is none', 'GET', '/v1/workloads/1', {}, 400, 'invalid-request'],
    ['an id that nobody has', 'GET', '/v1/workloads/019aa8f2-6c1e-7b3a-9c55-0d6f3f0e8a11', {}, 404, 'not-found'],
    ['a path that is none', 'GET', '/v1/workloads/%zz', {}, 400, 'wrong-url'],
    [
      'another media type',
      'POST',
      '/v1/workloads',
      {raw: 'a=1', headers: {'Content-Type': 'text/plain'}},
      415,
      'wrong-media-type',
    ],
    ['no body', 'POST', '/v1/workloads', {}, 400, 'invalid-request'],
    ['an empty body', 'POST', '/v1/workloads', {raw: ''}, 400, 'invalid-json'],
    ['broken JSON', 'POST', '/v1/workloads', {raw: '{"a'}, 400, 'invalid-json'],
    ['a list', 'POST', '/v1/workloads', {body: []}, 400, 'invalid-request'],
    ['null', 'POST', '/v1/workloads', {body: null}, 400, 'invalid-request'],
    ['a NUL', 'POST', '/v1/workloads', {body: {workload: {...workload, name: 'a\0'}}}, 400, 'invalid-request'],
    ['a key of its own', 'POST', '/v1/workloads', {body: {workload, more: 1}}, 400, 'invalid-request'],
    [
      'too much',
      'POST',
      '/v1/workloads/batch/cancel',
      {raw: `{"batch": "${'x'.repeat(1_100_000)}"}`},
      413,
      'body-too-large',
    ],
    [
      'a checkpoint 0',
      'GET',
      '/v1/workloads/019aa8f2-6c1e-7b3a-9c55-0d6f3f0e8a11/checkpoints/0',
      {},
      400,
      'invalid-request',
    ],
    ['an endless number', 'GET', '/v1/workloads?limit=1e999', {}, 400, 'invalid-request'],
    ['a cursor that is none', 'GET', '/v1/audit?after=x', {}, 400, 'invalid-request'],
    [
      'a cursor of lines that is none',
      'GET',
      '/v1/workloads/019aa8f2-6c1e-7b3a-9c55-0d6f3f0e8a11/logs?limit=0',
      {},
      400,
      'invalid-request',
    ],
    ['no WebSocket', 'GET', '/v1/events', {}, 426, 'needs-websocket'],
    [
      'an idempotency key that is none',
      'POST',
      '/v1/workloads',
      {body: {workload}, headers: {'Idempotency-Key': 'ä'}},
      400,
      'invalid-request',
    ],
  ] as const)('%s', async (_, method, path, asked, status, code) => {
    const {headers, json} = await api.ask(method, path, {key: acme, ...asked});
    expect(json).toMatchObject({
      type: 'about:blank',
      title: expect.any(String),
      status,
      code,
      detail: expect.any(String),
    });
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(json.requestId).toBe(headers.get('x-request-id'));
  });

  test.each(['QUERY', 'PROPFIND', 'PATCH', 'OPTIONS'])('%s, with no body and with any', async method => {
    for (const asked of [{}, {raw: '{'}, {raw: 'x', headers: {'Content-Type': 'text/plain'}}])
      expect(await api.ask(method, '/v1/workloads', {key: acme, ...asked})).toMatchObject({status: 405});
  });

  test('a method that is not possible comes with those that are', async () => {
    const {headers} = await api.ask('DELETE', '/v1/workloads', {key: acme});
    expect(headers.get('allow')?.split(', ')).toEqual(['GET', 'HEAD', 'POST']);
  });

  test('says everything that is wrong, and where', async () => {
    const body = {workload: {name: 'Not A Name', image: 'x', priority: 1000, labels: {'a/b': 7}, colour: 'red'}};
    const {json} = await api.ask('POST', '/v1/workloads', {key: acme, body});
    expect(json.errors.map(({pointer}: {pointer: string}) => pointer)).toEqual(
      expect.arrayContaining(['#/workload/name', '#/workload/priority', '#/workload/colour']),
    );
  });

  test('what only the command line reads is refused by name', async () => {
    const body = {workload: {name: 'w', image: 'x', envFile: '/etc/passwd'}};
    const {json} = await api.ask('POST', '/v1/workloads', {key: acme, body});
    expect(json.errors).toMatchObject([{code: 'local-only', pointer: '#/workload/envFile'}]);
  });
});

test('a mistake of ours shows nothing of itself, but for the id by which the log has it', async () => {
  const {store} = api.coordinator;
  const {workloads} = store;
  store.workloads = async () => {
    throw new Error('connect ECONNREFUSED postgres://app:hunter2@10.1.2.3:5432/db');
  };
  try {
    const {status, text, json} = await api.ask('GET', '/v1/workloads', {key: acme});
    expect(status).toBe(500);
    expect(text).not.toMatch(/hunter2|10\.1\.2\.3|ECONNREFUSED|\.ts/);
    const logged = api.logged.find(line => line.includes('ECONNREFUSED'));
    expect(JSON.parse(logged!)).toMatchObject({requestId: json.requestId});
  } finally {
    store.workloads = workloads;
  }
});

test('keys are in no log', async () => {
  await api.ask('GET', '/v1/workloads', {key: acme});
  await api.ask('GET', '/v1/workloads/1', {key: acme});
  const made = await api.ask('POST', '/v1/keys', {key: api.admin, body: {role: 'viewer'}});
  expect(made.status).toBe(201);
  // Behind `nyk_PREFIX_`; the secret itself may have underscores.
  const secretOf = (key: string) => key.slice(key.indexOf('_', 'nyk_'.length) + 1);
  for (const key of [acme, api.admin, made.json.key]) {
    expect(secretOf(key).length).toBeGreaterThan(40);
    expect(api.logged.join('')).not.toContain(secretOf(key));
  }
});

describe('the id of a request', () => {
  test('is the one that the caller gave, in answer, log and audit', async () => {
    const headers = {'X-Request-Id': 'deploy-42'};
    const answer = await api.ask('POST', '/v1/workloads', {key: acme, body: {workload}, headers});
    expect(answer.headers.get('x-request-id')).toBe('deploy-42');
    expect(api.logged.some(line => JSON.parse(line).requestId === 'deploy-42')).toBe(true);
    const {json} = await api.ask('GET', `/v1/audit?workload=${answer.json.id}`, {key: acme});
    expect(json.items[0].actor.request).toBe('deploy-42');
  });

  test.each(['x'.repeat(200), '"; drop', '{}'])('is made anew in place of %j', async given => {
    const {headers} = await api.ask('GET', '/health', {headers: {'X-Request-Id': given}});
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('on the wire', () => {
  /** Sends bytes, and returns what comes back until the connection is closed. */
  const talk = (text: string | Buffer, more?: (write: (text: string) => void) => void): Promise<string> =>
    new Promise((resolve, reject) => {
      const {port} = new URL(api.address);
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write(text);
        more?.(text => socket.write(text));
      });
      let answer = '';
      socket.setTimeout(15_000, () => reject(new Error(`nothing happened: ${answer}`)));
      socket.on('data', data => {
        answer += data;
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve(answer));
    });
  const end = 'Host: x\r\nConnection: close\r\n\r\n';

  test.each([
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['endless headers', `GET /health HTTP/1.1\r\nX: ${'a'.repeat(20_000)}\r\n${end}`, 431],
    ['an endless path', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${end}`, 431],
    ['a body of two lengths', `POST /v1/workloads HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n${end}`, 400],
    [
      'a length and chunks',
      `POST /v1/workloads HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n${end}0\r\n\r\n`,
      400,
    ],
    ['a NUL in a header', `GET /health HTTP/1.1\r\nX: a\0b\r\n${end}`, 400],
  ])('%s is refused', async (_, text, status) => {
    const answer = await talk(text);
    expect(answer).toContain(`HTTP/1.1 ${status} `);
    expect(answer).toContain('application/problem+json');
  });

  test('headers that do not come to an end are cut off', async () => {
    expect(await talk('GET /health HTTP/1.1\r\nX-Slow: a')).toContain('HTTP/1.1 408 ');
  });

  test('a body that does not come to an end is cut off', async () => {
    const head = `POST /v1/workloads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${acme}\r\n`;
    const answer = await talk(`${head}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"a":`);
    expect(answer).toMatch(/^(HTTP\/1\.1 (400|408) |$)/);
  });
});
