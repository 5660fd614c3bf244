import {execFileSync} from 'node:child_process';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {connect} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {credentials, status} from '@grpc/grpc-js';
import type {MethodDefinition, ServiceDefinition} from '@grpc/proto-loader';
import {pino} from 'pino';
import {afterAll, beforeAll, describe, expect, onTestFinished, test} from 'vitest';
import {codeOf} from '../../../src/engine/grpc/calls/status-of.ts';
import {startGrpc} from '../../../src/engine/grpc/start-grpc.ts';
import {structOf} from '../../../src/engine/grpc/wire/well-known.ts';
import {OutsideError} from '../../../src/engine/spec/errors.ts';
import {type Calling, calling} from './calling.ts';
import {callDefined, callMethod, clientOf, definition, metadataOf, service} from './client.ts';

const healthService = definition['grpc.health.v1.Health'] as ServiceDefinition;
const workload = structOf({name: 'w', type: 'sleep', with: {ms: 1}});
const log = pino({level: 'silent'});
const listen = {host: '127.0.0.1', port: 0};

let grpc: Calling;
beforeAll(async () => {
  grpc = await calling({requestLimit: 64 * 1024, messageLimit: 1024 * 1024});
});
afterAll(() => grpc.end());

/** For one test, the coordinator does this in place of its own. */
function instead<M extends 'why' | 'checkpointNow'>(method: M, does: Calling['coordinator'][M]): void {
  const {coordinator} = grpc;
  const own = coordinator[method];
  coordinator[method] = does;
  onTestFinished(() => {
    coordinator[method] = own;
  });
}

const check = (name: string) =>
  callDefined(grpc.client, healthService.Check as MethodDefinition<object, object>, {service: name});

describe('health', () => {
  test('says whether requests should be sent here, to anybody', async () => {
    expect((await check('')).one).toEqual({status: 'SERVING'});
    expect((await check('niyanta.v1.SchedulerService')).one).toEqual({status: 'SERVING'});
    expect((await check('other')).status).toBe('NOT_FOUND');
    grpc.coordinator.ready = false;
    expect((await check('')).one).toEqual({status: 'NOT_SERVING'});
    grpc.coordinator.ready = true;
  });

  test('is watched', async () => {
    const {path, requestSerialize, responseDeserialize} = healthService.Watch as MethodDefinition<object, object>;
    const watched = (name: string) => {
      const seen: string[] = [];
      const stream = grpc.client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, {service: name});
      stream.on('data', ({status: now}) => seen.push(now)).on('error', () => undefined);
      return {seen, stream};
    };
    const [whole, unknown] = [watched(''), watched('other')];
    await expect.poll(() => whole.seen, {timeout: 20_000}).toEqual(['SERVING']);
    grpc.coordinator.ready = false;
    await expect.poll(() => whole.seen, {timeout: 20_000}).toEqual(['SERVING', 'NOT_SERVING']);
    grpc.coordinator.ready = true;
    await expect.poll(() => whole.seen, {timeout: 20_000}).toEqual(['SERVING', 'NOT_SERVING', 'SERVING']);
    await expect.poll(() => unknown.seen, {timeout: 20_000}).toEqual(['SERVICE_UNKNOWN']);
    for (const {stream} of [whole, unknown]) stream.cancel();
  });
});

describe('limits', () => {
  test('are those of REST: one bucket for both, and the answer says when to try again', async () => {
    const key = await grpc.customer('limited', {rate: {perSecond: 0.01, burst: 2}});
    const first = await grpc.call('ListWorkloads', {}, {key});
    expect(first.first.get('ratelimit')).toEqual(['"customer";r=1;t=0']);
    // As a request of REST would: by the same gate.
    const permission = {subject: 'workloads', write: false, roles: ['customer'], whole: false} as const;
    await grpc.reception.gate.admit({authorization: `Bearer ${key}`, address: '127.0.0.1', permission});
    const refused = await grpc.call('ListWorkloads', {}, {key});
    expect(refused).toMatchObject({status: 'RESOURCE_EXHAUSTED', details: {ErrorInfo: {reason: 'rate-limited'}}});
    expect(Number(refused.details.RetryInfo.retryDelay.seconds)).toBeGreaterThan(50);
    expect(Number(refused.last.get('grpc-retry-pushback-ms')[0])).toBeGreaterThan(50_000);
  });

  test('what may wait is limited', async () => {
    const key = await grpc.customer('small', {pending: 1});
    expect((await grpc.call('SubmitWorkload', {workload}, {key})).status).toBe('OK');
    const refused = await grpc.call('SubmitWorkload', {workload}, {key});
    expect(refused).toMatchObject({
      status: 'RESOURCE_EXHAUSTED',
      details: {ErrorInfo: {reason: 'quota-pending'}, RetryInfo: {}},
    });
  });

  test('messages that are too large are refused: of submissions more is taken', async () => {
    const large = structOf({name: 'w', type: 'sleep', with: {ms: 1}, labels: {a: 'x'.repeat(100 * 1024)}});
    const list = await grpc.call('ListWorkloads', {name: 'x'.repeat(100 * 1024)});
    expect(list).toMatchObject({status: 'RESOURCE_EXHAUSTED', details: {ErrorInfo: {reason: 'body-too-large'}}});
    expect((await grpc.call('SubmitWorkload', {workload: large})).status).toBe('INVALID_ARGUMENT');
    const huge = structOf({name: 'w', note: 'x'.repeat(2 * 1024 * 1024)});
    expect((await grpc.call('SubmitWorkload', {workload: huge})).status).toBe('RESOURCE_EXHAUSTED');
  });
});

describe('errors', () => {
  test('behind us say nothing of it to the caller, and all of it in the log', async () => {
    instead('why', async () => {
      throw new Error('the innards of h1');
    });
    const id = '019aa8f2-6c1e-7b3a-9c55-0d6f3f0e8a11';
    const answer = await grpc.call('WhyWorkload', {id}, {metadata: {'x-request-id': 'r-500'}});
    expect(answer).toMatchObject({status: 'INTERNAL', details: {ErrorInfo: {reason: 'internal'}}});
    expect(answer.message).not.toContain('innards');
    expect(grpc.logged.filter(line => line.includes('r-500') && line.includes('innards')).length).toBe(1);
  });

  test.each([
    ['database-unavailable', true, 'UNAVAILABLE'],
    ['not-leading', true, 'UNAVAILABLE'],
    ['stopping', true, 'UNAVAILABLE'],
    ['checkpoint-corrupt', false, 'DATA_LOSS'],
    ['no-checkpoint', false, 'FAILED_PRECONDITION'],
  ])('%s is told as a status', async (code, transient, expected) => {
    instead('checkpointNow', async () => {
      throw new OutsideError({code, message: 'x', transient});
    });
    const answer = await grpc.call('TakeCheckpoint', {id: '019aa8f2-6c1e-7b3a-9c55-0d6f3f0e8a11'});
    expect(answer).toMatchObject({status: expected, details: {ErrorInfo: {reason: code}}});
    if (expected === 'UNAVAILABLE') expect(answer.details.RetryInfo).toBeDefined();
  });

  test('every status that REST answers with has a code of gRPC', () => {
    const statuses = [400, 401, 403, 404, 409, 413, 422, 429, 499, 501, 502, 503, 504];
    expect(statuses.map(http => status[codeOf({code: 'x', status: http})])).not.toContain('INTERNAL');
    expect(status[codeOf({code: 'x', status: 500})]).toBe('INTERNAL');
  });

  test('calls are logged with their request, key and status', async () => {
    await grpc.call('GetWorkload', {id: 'no'}, {metadata: {'x-request-id': 'r-log'}});
    await expect.poll(() => grpc.logged.find(line => line.includes('r-log')), {timeout: 20_000}).toBeDefined();
    expect(JSON.parse(grpc.logged.find(line => line.includes('r-log'))!)).toMatchObject({
      requestId: 'r-log',
      method: '/niyanta.v1.SchedulerService/GetWorkload',
      status: 'INVALID_ARGUMENT',
      key: expect.stringMatching(/^key:/),
    });
  });
});

describe('a stop', () => {
  test('ends streams, lets calls in flight end, and takes no new ones', async () => {
    const server = await startGrpc({reception: grpc.reception, measures: grpc.metrics, listen, log});
    const client = clientOf(server.address);
    onTestFinished(() => client.close());
    const key = grpc.admin;
    const asked = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const {why} = grpc.coordinator;
    instead('why', async (scope, id) => {
      asked.resolve();
      await goOn.promise;
      return why(scope, id);
    });
    const {one} = await callMethod(client, 'SubmitWorkload', {workload}, {key});
    const watching = callMethod(client, 'WatchEvents', {}, {key});
    const inFlight = callMethod(client, 'WhyWorkload', {id: one.id}, {key});
    await asked.promise;
    const stopped = server.stop(20_000);
    expect(await watching).toMatchObject({status: 'UNAVAILABLE', details: {ErrorInfo: {reason: 'stopping'}}});
    goOn.resolve();
    expect((await inFlight).status).toBe('OK');
    await stopped;
    expect((await callMethod(client, 'ListWorkloads', {}, {key, deadlineMs: 1000})).status).not.toBe('OK');
  });

  test('cuts off what does not end within its deadline', async () => {
    const server = await startGrpc({reception: grpc.reception, measures: grpc.metrics, listen, log});
    const client = clientOf(server.address);
    onTestFinished(() => client.close());
    const asked = Promise.withResolvers<void>();
    instead('why', () => {
      asked.resolve();
      return new Promise(() => {});
    });
    const call = callMethod(client, 'WhyWorkload', {id: '019aa8f2-6c1e-7b3a-9c55-0d6f3f0e8a11'}, {key: grpc.admin});
    await asked.promise;
    await server.stop(100);
    expect(['CANCELLED', 'UNAVAILABLE']).toContain((await call).status);
  });
});

test('an address that is taken is refused', async () => {
  const port = Number(grpc.grpc.address.split(':')[1]);
  const again = startGrpc({
    reception: grpc.reception,
    measures: grpc.metrics,
    listen: {host: '127.0.0.1', port},
    log,
  });
  await expect(again).rejects.toMatchObject({code: 'cannot-listen'});
});

describe('TLS', () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  const openssl = (...words: string[]) => execFileSync('openssl', words, {stdio: 'pipe'});
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'niyanta-grpc-tls-'));
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    for (const name of ['server', 'renewed', 'root', 'stranger']) {
      const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost'];
      openssl('req', '-x509', ...key, ...names, '-keyout', at(`${name}.key`), '-out', at(`${name}.pem`));
    }
    openssl('req', ...key.slice(0, 5), '-subj', '/CN=ci-robot', '-keyout', at('robot.key'), '-out', at('robot.csr'));
    const root = ['-CA', at('root.pem'), '-CAkey', at('root.key'), '-CAcreateserial'];
    openssl('x509', '-req', '-in', at('robot.csr'), ...root, '-days', '2', '-out', at('robot.pem'));
  });
  afterAll(() => rm(folder, {recursive: true}));
  const pair = async (name: string) => ({
    cert: await readFile(at(`${name}.pem`)),
    key: await readFile(at(`${name}.key`)),
  });

  test('is what a client must speak, with the certificate that it trusts; one that is renewed counts at once', async () => {
    const server = await startGrpc({
      reception: grpc.reception,
      measures: grpc.metrics,
      listen,
      log,
      tls: await pair('server'),
    });
    onTestFinished(() => server.stop(1000));
    const ask = async (creds: Parameters<typeof clientOf>[1]) => {
      const client = clientOf(server.address, creds, {'grpc.ssl_target_name_override': 'localhost'});
      const answer = await callMethod(client, 'ListWorkloads', {}, {key: grpc.admin, deadlineMs: 10_000});
      client.close();
      return answer.status;
    };
    const trusting = async (name: string) => credentials.createSsl((await pair(name)).cert);
    expect(await ask(await trusting('server'))).toBe('OK');
    expect(await ask(await trusting('stranger'))).toBe('UNAVAILABLE');
    expect(await ask(credentials.createInsecure())).toBe('UNAVAILABLE');
    server.renewTls(await pair('renewed'));
    expect(await ask(await trusting('renewed'))).toBe('OK');
    expect(await ask(await trusting('server'))).toBe('UNAVAILABLE');
  });

  test.each([true, false])('certificates of clients stand for keys (required: %s)', async rejectUnauthorized => {
    const {cert: ca} = await pair('root');
    const tls = {...(await pair('server')), ca, requestCert: true, rejectUnauthorized};
    const server = await startGrpc({reception: grpc.reception, measures: grpc.metrics, listen, log, tls});
    onTestFinished(() => server.stop(1000));
    grpc.reception.configure({...grpc.rules, clients: {'ci-robot': {role: 'viewer'}}});
    onTestFinished(() => grpc.reception.configure(grpc.rules));
    const ask = async (name?: string, key?: string) => {
      const own = name === undefined ? undefined : await pair(name);
      const creds = credentials.createSsl((await pair('server')).cert, own?.key, own?.cert);
      const client = clientOf(server.address, creds, {'grpc.ssl_target_name_override': 'localhost'});
      const answer = await callMethod(client, 'ListWorkloads', {}, {key, deadlineMs: 10_000});
      client.close();
      return answer.status;
    };
    expect(await ask('robot')).toBe('OK');
    const refused = rejectUnauthorized ? 'UNAVAILABLE' : 'UNAUTHENTICATED';
    expect(await ask('stranger')).toBe(refused);
    expect(await ask(undefined)).toBe(refused);
    expect(await ask(undefined, grpc.admin)).toBe(rejectUnauthorized ? 'UNAVAILABLE' : 'OK');
  });
});

test('what is no gRPC at all ends, and nothing else with it', async () => {
  const [host = '', port = ''] = grpc.grpc.address.split(':');
  for (const bytes of [
    'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
    '\0\0\0\0',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnonsense nonsense',
  ]) {
    await new Promise<void>(resolve => {
      const socket = connect(Number(port), host, () => socket.end(bytes));
      socket
        .resume()
        .on('error', () => undefined)
        .once('close', () => resolve());
    });
  }
  expect((await grpc.call('ListWorkloads')).status).toBe('OK');
});

test('a call of a method that is not there is UNIMPLEMENTED', async () => {
  const {requestSerialize, responseDeserialize} = service.ListWorkloads!;
  const code = await new Promise(resolve => {
    const path = '/niyanta.v1.SchedulerService/Nothing';
    const metadata = metadataOf({key: grpc.admin});
    grpc.client.makeUnaryRequest(path, requestSerialize, responseDeserialize, {}, metadata, error =>
      resolve(error?.code),
    );
  });
  expect(code).toBe(status.UNIMPLEMENTED);
});
