import {randomUUID} from 'node:crypto';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {withHeaders} from '../../../../src/engine/coordinator/nats/broker.ts';
import {
  asked,
  beat,
  beatAnswer,
  checkpointRow,
  logLines,
  ordered,
  outcomeOf,
  part,
  read,
  said,
  saidAnswer,
  workloadRow,
} from '../../../../src/engine/coordinator/nats/messages.ts';
import {Parts} from '../../../../src/engine/coordinator/nats/parts.ts';
import {isWorkerName, workerOf} from '../../../../src/engine/coordinator/nats/subjects.ts';
import {natsServer} from './harness/nats-server.ts';
import {brokerAt, natsStage} from './harness/nats-stage.ts';

const patient = {timeout: 40_000};
const ref = {workload: randomUUID(), attempt: 1, lease: 'lease'};

/** Good messages, to be broken in one place. */
const good: readonly object[] = [
  {v: 1, kind: 'identity'},
  {v: 1, kind: 'content', sha256: 'a'.repeat(64), offset: 0},
  {v: 1, kind: 'secrets', names: ['db']},
  {v: 1, kind: 'found'},
  {v: 1, kind: 'clear', workload: ref.workload, attempt: 1},
  {v: 1, kind: 'checkpoint', workload: ref.workload, attempt: 1, why: 'manual'},
  {v: 1, kind: 'open-log', workload: ref.workload, attempt: 1, follow: true},
  {v: 1, kind: 'end', of: ref, end: {outcome: 'succeeded', reason: 'exit 0', outputs: {}}},
  {v: 1, kind: 'state', of: ref, to: 'RUNNING', progress: 3},
  {v: 1, kind: 'corrupt', of: ref, number: 1, reason: 'torn'},
  {v: 1, generation: 1, kind: 'refused', code: 'x', message: 'y', final: true},
  {v: 1, generation: 1, kind: 'orders', now: 1, keep: [], end: [ref], begin: [], more: false},
];

const jsonText = fc.oneof(
  fc.json(),
  fc.string(),
  fc.constantFrom('', 'null', '[]', '{}', '{"v":1}', '{"v":2}', '{"v":1,"kind":"__proto__"}', '{"__proto__":{"v":1}}'),
  fc
    .tuple(fc.constantFrom(...good), fc.string(), fc.jsonValue())
    .map(([message, key, value]) => JSON.stringify({...message, [key]: value})),
  fc.tuple(fc.constantFrom(...good), fc.nat(), fc.jsonValue()).map(([message, at, value]) => {
    const keys = Object.keys(message);
    return JSON.stringify({...message, [keys[at % keys.length]!]: value});
  }),
);
const bytes = fc.oneof(
  jsonText.map(text => new TextEncoder().encode(text)),
  fc.uint8Array({maxLength: 200}),
);

const schemas = [asked, beat, beatAnswer, checkpointRow, logLines, ordered, part, said, saidAnswer, workloadRow];

test('whatever comes, reading it gives a message or nothing, and throws nothing', () => {
  fc.assert(
    fc.property(bytes, data => {
      for (const schema of [...schemas, outcomeOf(logLines)]) expect(() => read(schema as never, data)).not.toThrow();
    }),
    {numRuns: 2000},
  );
});

test('a message of another version is none', () => {
  for (const message of good) {
    const fits = (v: number) =>
      schemas.some(schema => read(schema as never, JSON.stringify({...message, v})) !== undefined);
    expect([fits(1), fits(2), fits(0)]).toEqual([true, false, false]);
  }
});

test('parts come together in any order, doubled or not, as what was sent; what is too much or does not belong is refused', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({maxLength: 400}),
      fc.integer({min: 1, max: 60}),
      fc.infiniteStream(fc.nat()),
      (content, size, random) => {
        const count = Math.max(1, Math.ceil(content.length / size));
        const all = Array.from({length: count}, (_, index) => index).flatMap(index => [index, index]);
        const mixed = all.map(index => ({index, by: random.next().value as number})).sort((a, b) => a.by - b.by);
        const parts = new Parts();
        const wholes = mixed.flatMap(({index}, seq) => {
          const about = {v: 1, id: 'a', index, count, kind: 'content'} as const;
          const whole = parts.add('w1', about, content.subarray(index * size, (index + 1) * size), seq);
          return whole && whole !== 'wrong' ? [whole] : [];
        });
        expect(wholes.length).toBeGreaterThan(0);
        expect(Buffer.compare(wholes[0]!.content, Buffer.from(content))).toBe(0);
      },
    ),
  );
  const parts = new Parts();
  const about = {v: 1, id: 'a', index: 0, count: 3, kind: 'content'} as const;
  expect(parts.add('w1', about, new Uint8Array(1), 1)).toBeUndefined();
  expect(parts.add('w1', {...about, count: 4, index: 1}, new Uint8Array(1), 2)).toBe('wrong');
  expect(parts.add('w1', {...about, kind: 'said', index: 1}, new Uint8Array(1), 3)).toBe('wrong');
  expect(parts.add('w1', {...about, index: 3}, new Uint8Array(1), 4)).toBe('wrong');
  expect(parts.add('w1', {...about, id: 'b'}, new Uint8Array(34 << 20), 5)).toBe('wrong');
});

test.each([
  ['w1', true],
  ['a-b_C9', true],
  ['', false],
  ['a.b', false],
  ['*', false],
  ['>', false],
  ['a b', false],
  ['-a', false],
  ['a'.repeat(64), false],
])('%j may be the name of a worker: %s', (name, may) => {
  expect(isWorkerName(name)).toBe(may);
  if (may) expect(workerOf(`niyanta.v1.beat.${name}`)).toBe(name);
});

test('a flood of garbage on every subject harms nobody: workloads run before, meanwhile and after', async () => {
  const server = await natsServer();
  const on = await natsStage(server);
  const coordinator = await on.coordinator();
  await on.agent('w1');
  const before = await on.submit('before');
  await expect.poll(() => on.state(before), patient).toBe('RUNNING');
  const foreign = await brokerAt(server.url).connected();
  const subjects = [
    'beat.w1',
    'beat.x',
    'beat.*bad',
    'ask.w1',
    'say.w1',
    'say.nobody',
    'to.w1.do',
    'to.w1.said',
    'to.w1.poke',
    'hint',
  ];
  const headers = [
    undefined,
    withHeaders({Niyanta: '{'}),
    withHeaders({Niyanta: JSON.stringify({v: 1, id: 'z', index: 0, count: 1, kind: 'said'})}),
  ];
  for (const [index, data] of fc.sample(bytes, {numRuns: 600, seed: 7}).entries()) {
    const subject = `niyanta.v1.${subjects[index % subjects.length]}`;
    const header = headers[index % headers.length];
    foreign.publish(subject, data, {reply: 'nobody.listens', ...(header && {headers: header})});
  }
  await foreign.flush();
  const meanwhile = await on.submit('meanwhile');
  await expect.poll(() => on.state(meanwhile), patient).toBe('RUNNING');
  expect(await on.state(before)).toBe('RUNNING');
  for (const name of ['before', 'meanwhile']) on.type.running(name)!.end();
  for (const id of [before, meanwhile]) await expect.poll(() => on.state(id), patient).toBe('SUCCEEDED');
  expect(coordinator.broker.counts().garbage).toBeGreaterThan(100);
  await expect.poll(() => on.streamed(), patient).toBe(0);
  expect((await on.store.workers()).map(({name}) => name)).toEqual(['w1']);
});

test('an answer of an earlier generation is not obeyed', async () => {
  const server = await natsServer();
  const on = await natsStage(server);
  await on.coordinator();
  await on.coordinator();
  const {worker} = await on.agent('w1');
  const id = await on.submit('report');
  await expect.poll(() => on.state(id), patient).toBe('RUNNING');
  const of = worker.ref(id)!;
  // A former leader that answers every beat faster, and would have it end what it does.
  const foreign = await brokerAt(server.url).connected();
  let answered = 0;
  const orders = {v: 1, generation: 0, kind: 'orders', now: 1, keep: [], end: [of], begin: [], more: false};
  foreign.subscribe('niyanta.v1.beat.w1', {
    callback: (_, message) => {
      answered += 1;
      message.respond(JSON.stringify(orders));
    },
  });
  await expect.poll(() => answered, patient).toBeGreaterThan(10);
  expect(on.type.history).toEqual(['start report.1 on w1']);
  expect(await on.state(id)).toBe('RUNNING');
});
