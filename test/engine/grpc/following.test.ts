import {once} from 'node:events';
import type {ClientReadableStream, StatusObject} from '@grpc/grpc-js';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {structOf} from '../../../src/engine/grpc/wire/well-known.ts';
import {type Calling, calling} from './calling.ts';
import {metadataOf, service} from './client.ts';

let grpc: Calling;
let acme: string;
let leadership: {coordinator: string; generation: number};
beforeAll(async () => {
  grpc = await calling();
  acme = await grpc.customer('acme');
  leadership = (await grpc.store.lead({coordinator: 'test', ttlMs: 3_600_000}))!;
});
afterAll(() => grpc.end());

const workload = structOf({name: 'w', type: 'sleep', with: {ms: 1}});
const submitted = async (): Promise<string> => (await grpc.call('SubmitWorkload', {workload}, {key: acme})).one.id;

/** An attempt that runs, and what it prints and comes to. */
async function begun(id: string, attempt = 1) {
  const place = {workload: id, attempt, worker: 'h1', reason: 'fits'};
  const [row] = await grpc.store.place(leadership, [place]);
  const {lease} = row!;
  await grpc.store.report([{workload: id, attempt, lease, to: 'RUNNING'}]);
  const lines = grpc.coordinator.lines.get(id) ?? [];
  grpc.coordinator.lines.set(id, lines);
  return {
    prints: (text: string) => {
      lines.push({id: String(lines.length), at: '2026-11-21T18:00:00Z', stream: 'stdout', text, attempt});
    },
    ends: (to: 'SUCCEEDED' | 'FAILED', exitCode: number) =>
      grpc.store.report([
        {workload: id, attempt, lease, to, exitCode, outcome: to === 'FAILED' ? 'failed' : 'succeeded'},
      ]),
  };
}

/** A stream that is read as it comes. */
function followed(method: string, request: object, key = acme) {
  const {path, requestSerialize, responseDeserialize} = service[method]!;
  const stream: ClientReadableStream<object> = grpc.client.makeServerStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    request,
    metadataOf({key}),
  );
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what came
  const messages: any[] = [];
  stream.on('data', message => messages.push(message)).on('error', () => undefined);
  const status = new Promise<StatusObject>(resolve => stream.once('status', resolve));
  return {stream, messages, status, texts: () => messages.flatMap(({line}) => (line ? [line.text] : []))};
}

describe('logs', () => {
  test('come as they are printed, until the workload has ended', async () => {
    const id = await submitted();
    const reader = followed('StreamLogs', {id, follow: true});
    const attempt = await begun(id);
    attempt.prints('one');
    await expect.poll(reader.texts, {timeout: 20_000}).toEqual(['one']);
    attempt.prints('two');
    await attempt.ends('FAILED', 3);
    expect(await reader.status).toMatchObject({code: 0});
    expect(reader.texts()).toEqual(['one', 'two']);
    expect(reader.messages.at(-1)).toEqual({end: {state: 'WORKLOAD_STATE_FAILED', exitCode: 3}, entry: undefined});
    expect(reader.messages[0].line).toEqual({
      id: '1.0',
      at: '2026-11-21T18:00:00Z',
      stream: 'stdout',
      text: 'one',
      attempt: 1,
    });
  });

  test('go on after the line that came last', async () => {
    const id = await submitted();
    const attempt = await begun(id);
    for (const text of ['one', 'two', 'three']) attempt.prints(text);
    const first = followed('StreamLogs', {id, follow: true});
    await expect.poll(() => first.texts().length, {timeout: 20_000}).toBeGreaterThan(1);
    first.stream.cancel();
    await attempt.ends('SUCCEEDED', 0);
    const rest = await grpc.call('StreamLogs', {id, follow: true, after: first.messages[1].line.id}, {key: acme});
    expect(rest.messages.map(({line, end}) => line?.text ?? end.state)).toEqual(['three', 'WORKLOAD_STATE_SUCCEEDED']);
  });

  test('without follow end with what is there', async () => {
    const id = await submitted();
    expect((await grpc.call('StreamLogs', {id}, {key: acme})).messages).toEqual([]);
    const attempt = await begun(id);
    attempt.prints('one');
    const {status, messages} = await grpc.call('StreamLogs', {id}, {key: acme});
    expect(status).toBe('OK');
    expect(messages.map(({line}) => line.text)).toEqual(['one']);
    await attempt.ends('SUCCEEDED', 0);
  });

  test('of a cursor that is none are refused', async () => {
    const id = await submitted();
    expect((await grpc.call('StreamLogs', {id, after: 'x'}, {key: acme})).status).toBe('INVALID_ARGUMENT');
    expect((await grpc.call('StreamLogs', {id, attempt: -1}, {key: acme})).status).toBe('INVALID_ARGUMENT');
  });

  test.each(['cancel', 'deadline'])('nothing of a stream is left after its %s', async how => {
    const id = await submitted();
    const attempt = await begun(id);
    attempt.prints('one');
    const before = grpc.coordinator.listeners;
    const ending = () =>
      grpc.logged.filter(line => line.includes('StreamLogs') && /CANCELLED|DEADLINE/.test(line)).length;
    const ended = ending();
    if (how === 'deadline') {
      const answer = await grpc.call('StreamLogs', {id, follow: true}, {key: acme, deadlineMs: 300});
      expect(answer.status).toBe('DEADLINE_EXCEEDED');
    } else {
      const readers = Array.from({length: 20}, () => followed('StreamLogs', {id, follow: true}));
      for (const {texts} of readers) await expect.poll(texts, {timeout: 20_000}).toEqual(['one']);
      for (const {stream} of readers) stream.cancel();
    }
    await expect.poll(ending, {timeout: 20_000}).toBeGreaterThanOrEqual(ended + (how === 'cancel' ? 20 : 1));
    await expect.poll(() => grpc.coordinator.listeners, {timeout: 20_000}).toBe(before);
    await expect.poll(() => grpc.coordinator.followers, {timeout: 20_000}).toBe(0);
    await attempt.ends('SUCCEEDED', 0);
  });

  test('end when their key is revoked', async () => {
    const id = await submitted();
    const attempt = await begun(id);
    attempt.prints('one');
    const key = await grpc.key({role: 'viewer', customer: 'acme'});
    const reader = followed('StreamLogs', {id, follow: true}, key);
    await expect.poll(reader.texts, {timeout: 20_000}).toEqual(['one']);
    const {id: keyId} = (await grpc.store.keyByPrefix(key.split('_')[1]!))!;
    await grpc.store.revokeKey('everyone', keyId, {name: 'cli:test'});
    expect(await reader.status).toMatchObject({code: 16, details: expect.stringContaining('key')});
    await attempt.ends('SUCCEEDED', 0);
  });
});

describe('events', () => {
  test('come once each, in order, to whom they are for', async () => {
    const other = await grpc.customer('other');
    const mine = followed('WatchEvents', {});
    await once(mine.stream, 'metadata');
    const ids: string[] = [];
    for (let at = 0; at < 5; at++) {
      ids.push(await submitted());
      await grpc.call('SubmitWorkload', {workload}, {key: other});
    }
    await expect.poll(() => mine.messages.length, {timeout: 20_000}).toBeGreaterThanOrEqual(5);
    expect(mine.messages.every(({customer}) => customer === 'acme')).toBe(true);
    expect(mine.messages.filter(({to}) => to === 'WORKLOAD_STATE_PENDING').map(event => event.workload)).toEqual(ids);
    const seqs = mine.messages.map(({seq}) => seq);
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    mine.stream.cancel();
  });

  test('go on where a reader was, without a gap', async () => {
    const id = await submitted();
    const first = followed('WatchEvents', {after: 0, workload: id});
    await expect.poll(() => first.messages.length, {timeout: 20_000}).toBe(1);
    first.stream.cancel();
    await grpc.call('PauseWorkload', {id}, {key: acme});
    await grpc.call('ResumeWorkload', {id}, {key: acme});
    const rest = followed('WatchEvents', {after: first.messages[0].seq, workload: id});
    await expect.poll(() => rest.messages.length, {timeout: 20_000}).toBe(2);
    await grpc.call('CancelWorkload', {id}, {key: acme});
    await expect
      .poll(() => rest.messages.map(({to}) => to), {timeout: 20_000})
      .toEqual(['WORKLOAD_STATE_PAUSED', 'WORKLOAD_STATE_PENDING', 'WORKLOAD_STATE_CANCELLED']);
    rest.stream.cancel();
  });

  test('more than a page of them come at once', async () => {
    const key = await grpc.customer('many');
    const workloads = Array.from({length: 1200}, () => ({workload}));
    await grpc.call('SubmitBatch', {workloads}, {key});
    const all = await grpc.call('WatchEvents', {after: 0, types: ['workload.accepted']}, {key, enough: 1200});
    expect(new Set(all.messages.map(event => event.workload)).size).toBe(1200);
  });

  test('of types and a place that are none are refused', async () => {
    for (const request of [{after: -1}, {workload: 'x'}, {types: Array(51).fill('a')}, {types: ['a\nb']}]) {
      expect((await grpc.call('WatchEvents', request, {key: acme})).status).toBe('INVALID_ARGUMENT');
    }
  });
});
