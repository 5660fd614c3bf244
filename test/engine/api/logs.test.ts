import {createParser, type EventSourceMessage} from 'eventsource-parser';
import {afterAll, beforeAll, beforeEach, expect, test} from 'vitest';
import type {Leadership} from '../../../src/engine/coordinator/store/index.ts';
import {type Serving, serving} from './serving.ts';

let api: Serving;
let acme: string;
let leadership: Leadership;
beforeAll(async () => {
  api = await serving({heartbeatMs: 20});
  acme = await api.customer('acme');
  leadership = (await api.store.lead({coordinator: 'test', ttlMs: 600_000}))!;
  await api.store.beat([{name: 'h1', kind: 'ssh', labels: {}, capacity: {cpu: 4, memory: 8, gpu: 0, disk: 9}}]);
});
afterAll(() => api.end());

let id: string;
let attempt: number;
let lease: string;
beforeEach(async () => {
  const workload = {name: 'w', type: 'sleep', with: {ms: 1}, retries: {max: 3}};
  id = (await api.ask('POST', '/v1/workloads', {key: acme, body: {workload}})).json.id;
  attempt = 0;
});

const begin = async () => {
  attempt += 1;
  const [row] = await api.store.place(leadership, [{workload: id, attempt, worker: 'h1', reason: 'fits'}]);
  lease = row!.lease;
  await api.store.report([{workload: id, attempt, lease, to: 'RUNNING'}]);
};
const print = (...texts: string[]) => {
  const lines = api.coordinator.lines.get(id) ?? [];
  const news = texts.map((text, index) => {
    const at = '2026-11-21T18:00:00.000000Z';
    return {id: String(lines.length + index), at, stream: 'stdout' as const, text, attempt};
  });
  api.coordinator.lines.set(id, [...lines, ...news]);
};
const over = (to: 'SUCCEEDED' | 'RETRYING') => api.store.report([{workload: id, attempt, lease, to, exitCode: 0}]);

/** Follows, and remembers what comes. */
function follow(headers: Record<string, string> = {}, key = acme, path = '') {
  const messages: EventSourceMessage[] = [];
  const gone = new AbortController();
  let beats = 0;
  const done = (async () => {
    const response = await fetch(`${api.address}/v1/workloads/${id}/logs${path}`, {
      headers: {Authorization: `Bearer ${key}`, Accept: 'text/event-stream', ...headers},
      signal: gone.signal,
    });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const onComment = () => {
      beats++;
    };
    const parser = createParser({onEvent: message => messages.push(message), onComment});
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) parser.feed(chunk);
  })();
  return {
    messages,
    done,
    leave: () => gone.abort(),
    beats: () => beats,
    texts: () => messages.filter(({event}) => event === 'line').map(({data}) => JSON.parse(data).text),
    last: () => ({event: messages.at(-1)?.event, data: JSON.parse(messages.at(-1)?.data ?? 'null')}),
  };
}

test('lines come as they are printed, from attempt to attempt, until the workload has ended', async () => {
  const reader = follow();
  await begin();
  print('one');
  await expect.poll(reader.texts).toEqual(['one']);
  await over('RETRYING');
  await begin();
  print('two', 'a "quoted"\ttext');
  await over('SUCCEEDED');
  await reader.done;
  expect(reader.texts()).toEqual(['one', 'two', 'a "quoted"\ttext']);
  expect(reader.last()).toEqual({event: 'end', data: {state: 'SUCCEEDED', exitCode: 0}});
});

test('a stream that was cut off goes on after its last line', async () => {
  await begin();
  print('one', 'two');
  const first = follow();
  await expect.poll(first.texts).toEqual(['one', 'two']);
  first.leave();
  await first.done.catch(() => {});
  print('three');
  await over('SUCCEEDED');
  const second = follow({'Last-Event-ID': first.messages[0]!.id!});
  await second.done;
  expect(second.texts()).toEqual(['two', 'three']);
});

test('there are signs of life while nothing is printed', async () => {
  await begin();
  const reader = follow();
  await expect.poll(reader.beats).toBeGreaterThan(3);
  reader.leave();
  await reader.done.catch(() => {});
});

test('one attempt is followed to its own end', async () => {
  await begin();
  print('one');
  await over('RETRYING');
  await begin();
  print('two');
  const reader = follow({}, acme, '?attempt=1');
  await reader.done;
  expect(reader.texts()).toEqual(['one']);
});

test('a reader that goes away leaves nothing behind', async () => {
  const before = api.coordinator.listeners;
  const reader = follow();
  await expect.poll(reader.beats).toBeGreaterThan(0);
  reader.leave();
  await reader.done.catch(() => {});
  await expect.poll(() => api.coordinator.listeners).toBe(before);
});

test('a stream ends when its key is revoked', async () => {
  await begin();
  const key = await api.key({role: 'viewer', customer: 'acme'});
  const reader = follow({}, key);
  await expect.poll(reader.beats).toBeGreaterThan(0);
  const {id: keyId} = (await api.store.keyByPrefix(key.split('_')[1]!))!;
  expect((await api.ask('DELETE', `/v1/keys/${keyId}`, {key: api.admin})).status).toBe(204);
  await reader.done;
  expect(reader.last()).toEqual({event: 'stop', data: {reason: 'the API key ended'}});
});

test('as JSON: pages of lines, and where they go on', async () => {
  await begin();
  print('one', 'two', 'three');
  const path = `/v1/workloads/${id}/logs`;
  const {json: first} = await api.ask('GET', `${path}?limit=2`, {key: acme});
  expect(first.items.map(({text}: {text: string}) => text)).toEqual(['one', 'two']);
  const {json: second} = await api.ask('GET', `${path}?after=${first.next}`, {key: acme});
  expect(second.items.map(({text}: {text: string}) => text)).toEqual(['three']);
  const {json: third} = await api.ask('GET', `${path}?after=${second.next}`, {key: acme});
  expect(third).toEqual({items: [], next: second.next});
});

test('of a workload that has not begun there are no lines', async () => {
  const {json} = await api.ask('GET', `/v1/workloads/${id}/logs`, {key: acme});
  expect(json).toEqual({items: []});
});
