import {setTimeout as sleep} from 'node:timers/promises';
import {describe, expect, onTestFinished, test} from 'vitest';
import {ecsOf} from '../../../src/engine/telemetry/logs/ecs.ts';
import {elasticsearchTarget} from '../../../src/engine/telemetry/logs/elasticsearch.ts';
import {logOutlet} from '../../../src/engine/telemetry/logs/log-outlet.ts';
import {type LogRecord, recordOf} from '../../../src/engine/telemetry/logs/log-record.ts';
import {lokiTarget} from '../../../src/engine/telemetry/logs/loki.ts';
import {LogSampler} from '../../../src/engine/telemetry/logs/sampling.ts';
import {LogShipper, type LogTarget} from '../../../src/engine/telemetry/logs/shipper.ts';
import {fakeLogStore} from './fake-log-store.ts';

const record = (message: string, parts: Partial<LogRecord> = {}): LogRecord => ({
  at: '2026-11-21T10:00:00.123456Z',
  source: 'workload',
  level: 'info',
  message,
  fields: {workload: 'w1', requestId: 'r1', traceId: 'abc', host: 'h1'},
  ...parts,
});

function shipping(target: LogTarget, bufferBytes = 1e6) {
  const counted = {shipped: 0, dropped: 0};
  const troubles: (string | undefined)[] = [];
  const shipper = new LogShipper({
    target,
    bufferBytes,
    everyMs: 5,
    count: (outcome, lines) => {
      counted[outcome] += lines;
    },
    trouble: why => troubles.push(why),
    sleep: (ms, signal) => sleep(ms, undefined, {signal}).catch(() => undefined),
  });
  onTestFinished(() => shipper.close(0));
  return {shipper, counted, troubles};
}

test('a line of pino is a document of ECS, with the names that ECS has', () => {
  const line = JSON.stringify({
    level: 40,
    time: '2026-11-21T10:00:00.000Z',
    reqId: 'r1',
    requestId: 'r1',
    traceId: 't1',
    host: 'h1',
    workload: 'w1',
    ms: 1.5,
    err: {type: 'OutsideError', message: 'it broke', stack: 'at x', code: 'host-unreachable'},
    msg: 'a host does not answer',
  });
  expect(ecsOf(recordOf(line))).toEqual({
    '@timestamp': '2026-11-21T10:00:00.000Z',
    'log.level': 'warn',
    message: 'a host does not answer',
    'ecs.version': '8.11.0',
    'service.name': 'niyanta',
    'event.dataset': 'niyanta.coordinator',
    'http.request.id': 'r1',
    'trace.id': 't1',
    'host.name': 'h1',
    'event.duration': 1_500_000,
    'error.type': 'OutsideError',
    'error.message': 'it broke',
    'error.stack_trace': 'at x',
    'error.code': 'host-unreachable',
    niyanta: {workload: 'w1'},
  });
});

test('the first lines of an event in a second pass, the others are counted; each second anew', () => {
  const sampler = new LogSampler({perSecond: 2});
  expect([0, 1, 2, 3].map(at => sampler.passes('a', at))).toEqual([true, true, false, false]);
  expect(sampler.passes('b', 4)).toBe(true);
  expect(sampler.passes('a', 1000)).toBe(true);
  expect(sampler.takeDropped()).toEqual([{event: 'a', dropped: 2}]);
  expect(sampler.takeDropped()).toEqual([]);
  const all = new LogSampler({perSecond: 0});
  expect(Array.from({length: 5000}, () => all.passes('a', 0)).every(Boolean)).toBe(true);
});

test('events that nobody foresaw do not grow without end', () => {
  const sampler = new LogSampler({perSecond: 1});
  for (let count = 0; count < 5000; count++) sampler.passes(`event ${count}`, 0);
  expect(sampler.takeDropped()).toEqual([{event: 'other', dropped: 3999}]);
});

test('listeners hear lines that are grave enough, and the stream all of them', () => {
  const written: string[] = [];
  const outlet = logOutlet(line => written.push(line));
  const heard: LogRecord[] = [];
  const stop = outlet.listen('warn', one => heard.push(one));
  const stream = outlet.stream as unknown as {lastLevel: number; write(line: string): void};
  const say = (level: number, msg: string) => {
    stream.lastLevel = level;
    stream.write(`${JSON.stringify({level, time: 't', msg})}\n`);
  };
  say(30, 'info');
  say(50, 'error');
  stop();
  say(50, 'later');
  expect(written).toHaveLength(3);
  expect(heard).toEqual([{at: 't', source: 'coordinator', level: 'error', message: 'error', fields: {}}]);
});

describe('Loki', () => {
  test('gets lines as JSON under few labels, at their nanosecond', async () => {
    const store = await fakeLogStore();
    const {shipper, counted} = shipping(
      lokiTarget({url: `${store.url}/`, tenant: 'acme', authorization: 'Basic eA=='}),
    );
    shipper.take(record('hello'));
    shipper.take(record('bad', {source: 'coordinator', level: 'error'}));
    await expect.poll(() => store.lines).toHaveLength(2);
    expect(store.lines[0]).toEqual({
      labels: {service_name: 'niyanta', source: 'workload', level: 'info'},
      at: '1795255200123456000',
      line: '{"message":"hello","workload":"w1","requestId":"r1","traceId":"abc","host":"h1"}',
    });
    expect(store.asked[0]).toEqual({url: '/loki/api/v1/push', authorization: 'Basic eA==', tenant: 'acme'});
    await expect.poll(() => counted).toEqual({shipped: 2, dropped: 0});
  });

  test('is asked again when it is away, and not when it refuses', async () => {
    const store = await fakeLogStore();
    const {shipper, counted, troubles} = shipping(lokiTarget(store));
    store.answers.push(503, 429);
    shipper.take(record('waits'));
    await expect.poll(() => store.lines.map(({line}) => JSON.parse(line).message)).toEqual(['waits']);
    await expect.poll(() => troubles).toEqual(['HTTP 503: no', undefined]);
    store.answers.push(400);
    shipper.take(record('too old'));
    await expect.poll(() => counted).toEqual({shipped: 1, dropped: 1});
  });
});

describe('Elasticsearch', () => {
  test('gets documents by bulk, each once though it is sent twice', async () => {
    const store = await fakeLogStore();
    const wish = {url: store.url, index: 'logs-niyanta-default', authorization: 'ApiKey k'};
    const {shipper, counted} = shipping(elasticsearchTarget(wish));
    shipper.take(record('one', {id: 'i1'}));
    shipper.take(record('one', {id: 'i1'}));
    shipper.take(record('two'));
    await expect.poll(() => counted).toEqual({shipped: 3, dropped: 0});
    expect(store.documents.map(({index, id, document}) => [index, id, document.message])).toEqual([
      ['logs-niyanta-default', 'i1', 'one'],
      ['logs-niyanta-default', undefined, 'two'],
    ]);
    expect(store.documents[0]!.document).toMatchObject({
      'event.dataset': 'niyanta.workload',
      niyanta: {workload: 'w1'},
    });
    expect(store.asked[0]).toEqual({url: '/_bulk', authorization: 'ApiKey k'});
  });

  test('what it had no room for is sent again, what it refuses is given up', async () => {
    const store = await fakeLogStore();
    const {shipper, counted} = shipping(elasticsearchTarget({url: store.url, index: 'i'}));
    const items = [201, 429, 400].map(status => ({create: {status}}));
    store.answers.push({status: 200, body: JSON.stringify({errors: true, items})});
    for (const message of ['taken', 'again', 'refused']) shipper.take(record(message));
    await expect.poll(() => store.documents.map(({document}) => document.message)).toEqual(['again']);
    await expect.poll(() => counted).toEqual({shipped: 2, dropped: 1});
  });
});

test('memory is bounded: the oldest lines are given up, and counted', async () => {
  const away: LogTarget = {name: 'away', send: () => Promise.reject(new Error('nobody there'))};
  const {shipper, counted, troubles} = shipping(away, 10_000);
  for (let count = 0; count < 1000; count++) shipper.take(record(`line ${count}`));
  expect(counted.dropped).toBeGreaterThan(900);
  await expect.poll(() => troubles).toEqual(['nobody there']);
  await shipper.close(0);
  expect(counted).toEqual({shipped: 0, dropped: 1000});
});

test('what is left is sent at the end', async () => {
  const store = await fakeLogStore();
  const {shipper, counted} = shipping(lokiTarget(store));
  for (let count = 0; count < 2500; count++) shipper.take(record(`line ${count}`));
  await shipper.close(20_000);
  expect(counted).toEqual({shipped: 2500, dropped: 0});
  expect(store.lines.map(({line}) => JSON.parse(line).message)).toEqual(
    Array.from({length: 2500}, (_, count) => `line ${count}`),
  );
});
