import fc from 'fast-check';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {structOf} from '../../../src/engine/grpc/wire/well-known.ts';
import {type Calling, calling} from './calling.ts';
import {callDefined, definition, service} from './client.ts';

/** Whatever comes: an answer that is nobody's fault here, in time. Longer by hand: FUZZ_RUNS=100000. */
const numRuns = Number(process.env.FUZZ_RUNS ?? 400);

let grpc: Calling;
let workload: string;
beforeAll(async () => {
  grpc = await calling();
  const request = {workload: structOf({name: 'w', type: 'sleep', with: {ms: 1}})};
  workload = (await grpc.call('SubmitWorkload', request)).one.id;
});
afterAll(() => grpc.end());

interface Field {
  readonly name: string;
  readonly label: string;
  readonly type: string;
  readonly typeName: string;
}
interface Described {
  readonly name: string;
  readonly field: readonly Field[];
  readonly nestedType: readonly (Described & {readonly options: {readonly mapEntry: boolean} | null})[];
}

const nasty = [
  '',
  '\0',
  '../../etc/passwd',
  '${secret:x}',
  "'; drop table workloads; --",
  '$(reboot)',
  '9'.repeat(40),
  '\ud800',
  'ß'.repeat(300),
  '__proto__',
  'constructor',
  '🦄',
  'default',
  'h1',
  '1.0',
  'a\nb',
];
const text = fc.oneof(fc.constantFrom(...nasty), fc.string({maxLength: 20, unit: 'binary'}));
const integer = fc.oneof(fc.integer(), fc.constantFrom(0, 1, -1, 2 ** 31 - 1, -(2 ** 31)));
const anyJson = fc.dictionary(
  fc.oneof(text, fc.constantFrom('name', 'type', 'with', 'image', 'after')),
  fc.jsonValue({maxDepth: 4}),
  {maxKeys: 5},
);

/** A value for a field of a .proto file: what fits, and what is at the edge of it. */
function valueFor(field: Field, message: Described, depth: number): fc.Arbitrary<unknown> {
  const entry = message.nestedType.find(({name, options}) => name === field.typeName && options?.mapEntry);
  if (entry) return fc.dictionary(text, valueFor(entry.field[1]!, entry, depth + 1), {maxKeys: 3});
  const one = scalarFor(field, depth);
  return field.label === 'LABEL_REPEATED' ? fc.array(one, {maxLength: 3}) : one;
}

function scalarFor({name, type, typeName}: Field, depth: number): fc.Arbitrary<unknown> {
  if (type === 'TYPE_STRING')
    return name === 'id' || name === 'workload' ? fc.oneof(text, fc.constant(workload)) : text;
  if (type === 'TYPE_BYTES') return fc.uint8Array({maxLength: 20}).map(bytes => Buffer.from(bytes));
  if (type === 'TYPE_BOOL') return fc.boolean();
  if (type === 'TYPE_INT32') return integer;
  if (type === 'TYPE_INT64') return fc.oneof(integer, fc.constantFrom(2 ** 53, -(2 ** 53), 2 ** 62));
  if (type === 'TYPE_DOUBLE') return fc.double();
  if (type === 'TYPE_ENUM') return fc.integer({min: -2, max: 20});
  if (typeName.endsWith('Struct')) return anyJson.map(structOf);
  if (typeName.endsWith('Timestamp'))
    return fc.record({seconds: fc.oneof(integer, fc.constant(2 ** 60)), nanos: integer});
  const described = definition[`niyanta.v1.${typeName.replace('niyanta.v1.', '')}`];
  return depth > 3 || !described ? fc.constant({}) : messageFor(described.type as unknown as Described, depth + 1);
}

const messageFor = (described: Described, depth = 0): fc.Arbitrary<object> =>
  fc.record(Object.fromEntries(described.field.map(field => [field.name, valueFor(field, described, depth)])), {
    requiredKeys: [],
  });

const fine = ['OK', 'INVALID_ARGUMENT', 'NOT_FOUND', 'FAILED_PRECONDITION', 'PERMISSION_DENIED', 'ALREADY_EXISTS'];

interface Sent {
  readonly method: string;
  readonly request: object | Buffer;
}

const sent: fc.Arbitrary<Sent> = fc.constantFrom(...Object.keys(service)).chain(method => {
  const described = (service[method]!.requestType as unknown as {type: Described}).type;
  const {requestSerialize} = service[method]!;
  const written = messageFor(described);
  const torn = fc.tuple(written, fc.nat(), fc.nat(255)).map(([message, at, byte]) => {
    const bytes = requestSerialize(message);
    if (bytes.length > 0) bytes[at % bytes.length] = byte;
    return bytes;
  });
  return fc.record({
    method: fc.constant(method),
    request: fc.oneof(
      {weight: 5, arbitrary: written as fc.Arbitrary<object | Buffer>},
      {weight: 3, arbitrary: torn},
      {weight: 2, arbitrary: fc.uint8Array({maxLength: 60}).map(bytes => Buffer.from(bytes))},
    ),
  });
});

test('no request makes it fail, or wait', {timeout: 600_000}, async () => {
  await fc.assert(
    fc.asyncProperty(sent, async ({method, request}) => {
      // Streams that go on are given up: after what there is at once.
      const follows = method === 'WatchEvents' || method === 'StreamLogs';
      const answer = await callDefined(grpc.client, service[method]!, request, {
        key: grpc.admin,
        ...(follows && {deadlineMs: 200, enough: 1}),
      });
      const expected = follows ? [...fine, 'CANCELLED', 'DEADLINE_EXCEEDED'] : fine;
      expect(expected, `${method} ${answer.status} ${answer.message}`).toContain(answer.status);
    }),
    {numRuns, interruptAfterTimeLimit: 500_000, markInterruptAsFailure: true},
  );
  expect((await grpc.call('ListWorkloads')).status).toBe('OK');
});

test('what is nested without end is refused', async () => {
  const lengthed = (tag: number, bytes: Buffer) => {
    const length: number[] = [];
    for (let left = bytes.length; left > 127 || length.push(left) === 0; left >>>= 7) length.push((left & 127) | 128);
    return Buffer.concat([Buffer.from([tag, ...length]), bytes]);
  };
  let deep = lengthed(0x1a, Buffer.from('x'));
  for (let level = 0; level < 2000; level++) deep = lengthed(0x32, lengthed(0x0a, deep));
  const entry = Buffer.concat([lengthed(0x0a, Buffer.from('name')), lengthed(0x12, deep)]);
  const request = lengthed(0x0a, lengthed(0x0a, entry));
  const answer = await callDefined(grpc.client, service.SubmitWorkload!, request, {key: grpc.admin});
  expect(answer).toMatchObject({status: 'INVALID_ARGUMENT', details: {ErrorInfo: {reason: 'invalid-message'}}});
  let some: object = {stringValue: 'x'};
  for (let level = 0; level < 34; level++) some = {structValue: {fields: {a: some}}};
  const nested = await grpc.call('SubmitWorkload', {workload: {fields: {name: some}}});
  expect(nested).toMatchObject({
    status: 'INVALID_ARGUMENT',
    details: {BadRequest: {fieldViolations: [{reason: expect.any(String)}]}},
  });
});

test('reflection and health take anything, too', async () => {
  const health = definition['grpc.health.v1.Health'] as typeof service;
  for (const bytes of [Buffer.from([0xff]), Buffer.from([0x0a, 0x7f]), Buffer.alloc(2 * 1024 * 1024, 'x')]) {
    const answer = await callDefined(grpc.client, health.Check!, bytes);
    expect(['NOT_FOUND', 'OK']).toContain(answer.status);
  }
});
