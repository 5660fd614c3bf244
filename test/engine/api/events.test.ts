import {afterAll, beforeAll, beforeEach, expect, test} from 'vitest';
import {type Serving, serving} from './serving.ts';

let api: Serving;
let acme: string;
beforeAll(async () => {
  api = await serving({socketBacklog: 256 * 1024});
  acme = await api.customer('acme');
  await api.customer('other');
});
afterAll(() => api.end());

const opened: WebSocket[] = [];
beforeEach(() => {
  for (const socket of opened.splice(0)) socket.close();
});

/** Node's own client; it takes headers beside the address. */
async function open(key: string) {
  const address = `${api.address.replace('http', 'ws')}/v1/events`;
  const socket = new WebSocket(address, {headers: {Authorization: `Bearer ${key}`}} as never);
  opened.push(socket);
  // biome-ignore lint/suspicious/noExplicitAny: messages are looked at by tests
  const messages: any[] = [];
  const closed = new Promise<{code: number; reason: string}>(resolve => {
    socket.addEventListener('close', ({code, reason}) => resolve({code, reason}));
  });
  socket.addEventListener('message', ({data}) => messages.push(JSON.parse(String(data))));
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', () => reject(new Error('no WebSocket')));
  });
  const send = (message: unknown) => socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  const subscribe = async (wish: object = {}) => {
    const id = `s${messages.length}`;
    send({op: 'subscribe', id, ...wish});
    await expect.poll(() => messages.some(message => message.op === 'subscribed' && message.id === id)).toBe(true);
    return id;
  };
  const events = () => messages.filter(({op}) => op === 'event');
  return {socket, messages, closed, send, subscribe, events};
}

const submit = async (name: string, key = acme): Promise<string> => {
  const body = {workload: {name, type: 'sleep', with: {ms: 1}}};
  return (await api.ask('POST', '/v1/workloads', {key, body})).json.id;
};

test('what happens is told to those who subscribed to it', async () => {
  const reader = await open(acme);
  const all = await reader.subscribe();
  const id = await submit('w');
  const one = await reader.subscribe({workload: id});
  const none = await reader.subscribe({types: ['no.such.type']});
  await api.ask('POST', `/v1/workloads/${id}/cancel`, {key: acme});
  await submit('another');
  await expect.poll(() => reader.events().length).toBe(3);
  expect(reader.events().map(({subscriptions, event}) => [subscriptions, event.to])).toEqual([
    [[all], 'PENDING'],
    [[all, one], 'CANCELLED'],
    [[all], 'PENDING'],
  ]);
  reader.send({op: 'unsubscribe', id: all});
  reader.send({op: 'unsubscribe', id: one});
  await expect.poll(() => reader.messages.filter(({op}) => op === 'unsubscribed').length).toBe(2);
  await submit('unheard');
  reader.send({op: 'unsubscribe', id: none});
  await expect.poll(() => reader.messages.filter(({op}) => op === 'unsubscribed').length).toBe(3);
  expect(reader.events().length).toBe(3);
});

test('of other customers nothing is told', async () => {
  const other = await api.key({role: 'viewer', customer: 'other'});
  const reader = await open(other);
  await reader.subscribe({after: 0});
  await expect.poll(() => reader.messages.some(({op}) => op === 'caught-up')).toBe(true);
  await submit('secret-plan');
  const mine = await submit('mine', await api.key({role: 'customer', customer: 'other'}));
  await expect.poll(() => reader.events().some(({event}) => event.workload === mine)).toBe(true);
  expect(new Set(reader.events().map(({event}) => event.customer))).toEqual(new Set(['other']));
});

test('who was away goes on where it was: each event once, in order, none missed while it catches up', async () => {
  const before = await api.store.newestEvent();
  const early = await Promise.all(Array.from({length: 30}, (_, index) => submit(`early${index}`)));
  const reader = await open(acme);
  const subscribed = reader.subscribe({after: before});
  const late = await Promise.all(Array.from({length: 30}, (_, index) => submit(`late${index}`)));
  await subscribed;
  await expect.poll(() => reader.events().length).toBe(60);
  expect(
    reader
      .events()
      .map(({event}) => event.workload)
      .sort(),
  ).toEqual([...early, ...late].sort());
  const seqs = reader.events().map(({event}) => event.seq);
  expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
});

test.each([
  ['no JSON', '{', 'invalid-json'],
  ['an unknown wish', {op: 'shout', id: 'a'}, 'invalid-request'],
  ['a workload that is none', {op: 'subscribe', id: 'a', workload: 'x'}, 'invalid-request'],
])('%s is answered with a problem', async (_, message, code) => {
  const reader = await open(acme);
  reader.send(message);
  await expect.poll(() => reader.messages).toMatchObject([{op: 'error', problem: {status: 400, code}}]);
});

test('without a good key there is no WebSocket', async () => {
  await expect(open('nyk_nobody')).rejects.toThrow('no WebSocket');
});

test('a client that takes nothing is cut off, and told why', async () => {
  const reader = await open(acme);
  const before = await api.store.newestEvent();
  const actor = {name: 'cli:test'};
  const data = {text: 'x'.repeat(20_000)};
  await reader.subscribe({after: before});
  await expect.poll(() => reader.messages.some(({op}) => op === 'caught-up')).toBe(true);
  // Node's client reads as fast as it can: its process is kept from reading, by writing many at once in this one.
  const many = Array.from({length: 400}, () => api.store.note({type: 'test.large', customer: 'acme', actor, data}));
  await Promise.all(many);
  const {code, reason} = await reader.closed;
  expect([code, reason]).toEqual([1013, 'too slow: connect again and go on with after']);
});

test('it closes when the API stops, and says so', async () => {
  const reader = await open(acme);
  await reader.subscribe();
  await api.restart();
  expect(await reader.closed).toMatchObject({code: 1001, reason: 'the coordinator stops'});
});
