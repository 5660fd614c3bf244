import {describe, expect, test} from 'vitest';
import {answerOf, apiClient} from '../../../src/engine/client/api-client.ts';
import {followLog} from '../../../src/engine/client/follow-log.ts';
import {followStream} from '../../../src/engine/client/follow-stream.ts';
import {lossyServer, lost, status, stream} from './lossy-server.ts';

const id = '019aa8f2-6c1e-7b3a-9c55-0d6f3f0e8a11';

describe('what may pass is tried again', () => {
  const clientOf = (server: string) => {
    const slept: number[] = [];
    return {slept, ...apiClient({server, key: 'nyk_k'}, async ms => void slept.push(ms))};
  };
  const list = ({api}: ReturnType<typeof clientOf>) => answerOf(api.GET('/v1/workloads', {params: {}}));
  const submit = ({api}: ReturnType<typeof clientOf>, header: object = {}) =>
    answerOf(api.POST('/v1/workloads', {params: {header}, body: {workload: {name: 'a'}}}));

  test('a lost connection, an overloaded server; it is waited as long as it asks', async () => {
    const {address, asked} = await lossyServer(lost, status(503, {'Retry-After': '2'}), status(200, {}, {items: []}));
    const client = clientOf(address);
    expect(await list(client)).toEqual({items: []});
    expect(asked).toHaveLength(3);
    expect(client.slept).toEqual([100, 2000]);
    expect(asked.every(({headers}) => headers.authorization === 'Bearer nyk_k')).toBe(true);
  });

  test('a submission whose answer was lost is sent again only with its key', async () => {
    const server = await lossyServer(lost, status(201, {}, {id}));
    await expect(submit(clientOf(server.address))).rejects.toMatchObject({code: 'server-unreachable'});
    expect(server.asked).toHaveLength(1);
    expect(await submit(clientOf(server.address), {'idempotency-key': 'k'})).toEqual({id});
    const keyed = await lossyServer(lost, status(502), status(201, {}, {id}));
    expect(await submit(clientOf(keyed.address), {'idempotency-key': 'k'})).toEqual({id});
    expect(keyed.asked.map(({headers}) => headers['idempotency-key'])).toEqual(['k', 'k', 'k']);
  });

  test('not for ever, and not what stays wrong', async () => {
    const busy = await lossyServer(status(503, {}, {code: 'stopping', detail: 'it stops', requestId: 'r1'}));
    await expect(list(clientOf(busy.address))).rejects.toMatchObject({
      name: 'OutsideError',
      code: 'stopping',
      message: 'it stops',
      request: 'r1',
      transient: true,
    });
    expect(busy.asked).toHaveLength(5);
    const wrong = await lossyServer(status(404, {}, {code: 'not-found', detail: 'there is no such workload'}));
    await expect(list(clientOf(wrong.address))).rejects.toMatchObject({name: 'UserError', code: 'not-found'});
    expect(wrong.asked).toHaveLength(1);
  });

  test('nobody there says how to start one', async () => {
    await expect(list(clientOf('http://127.0.0.1:1'))).rejects.toMatchObject({
      code: 'server-unreachable',
      hint: expect.stringContaining('niyanta serve'),
    });
  });
});

describe('a log that is followed', () => {
  const message = (at: string, text: string) =>
    `id: ${at}\nevent: line\ndata: ${JSON.stringify({id: at, at: '', stream: 'stdout', text, attempt: 1})}\n\n`;
  const follow = async (server: string) => {
    const texts: string[] = [];
    const client = apiClient({server, key: 'nyk_k'}, async () => {});
    const signal = new AbortController().signal;
    for await (const {text} of followLog(client, id, {signal})) texts.push(text);
    return texts;
  };

  test('goes on after the last whole line when its connection is lost', async () => {
    const {address, asked} = await lossyServer(
      stream(`${message('1.a', 'one')}${message('1.b', 'two')}id: 1.c\nevent: line\nda`, 'breaks'),
      stream(`event: stop\ndata: {"reason":"it stops"}\n\n`, 'ends'),
      stream(`${message('1.c', 'three')}event: end\ndata: {"state":"SUCCEEDED"}\n\n`, 'ends'),
    );
    expect(await follow(address)).toEqual(['one', 'two', 'three']);
    expect(asked.map(({headers}) => headers['last-event-id'])).toEqual([undefined, '1.b', '1.b']);
  });

  test('goes on when the coordinator was away for a while, or said nothing any more', async () => {
    const {address, asked} = await lossyServer(
      stream(message('1.a', 'one'), 'breaks'),
      lost,
      lost,
      lost,
      lost,
      lost,
      status(503),
      stream(message('1.b', 'two'), 'hangs'),
      stream(`${message('1.c', 'three')}event: end\ndata: {"state":"SUCCEEDED"}\n\n`, 'ends'),
    );
    const breaks: string[] = [];
    const rules = {signal: AbortSignal.timeout(30_000), silentMs: 300, onBreak: (why: string) => breaks.push(why)};
    const texts: unknown[] = [];
    const client = apiClient({server: address, key: 'nyk_k'}, async () => {});
    for await (const {event, data} of followStream(client, '/v1/any', rules))
      if (event === 'line') texts.push((data as {text: string}).text);
    expect(texts).toEqual(['one', 'two', 'three']);
    expect(asked.map(({headers}) => headers['last-event-id'])).toEqual([undefined, ...Array(7).fill('1.a'), '1.b']);
    expect(breaks).toEqual([expect.any(String), 'nothing was heard for 0.3s']);
  });

  test('of a workload that is not there is an error', async () => {
    const {address} = await lossyServer(status(404, {}, {code: 'not-found', detail: 'there is no such workload'}));
    await expect(follow(address)).rejects.toMatchObject({code: 'not-found'});
  });
});
