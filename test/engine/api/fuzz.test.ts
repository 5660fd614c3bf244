import fc from 'fast-check';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {type Operation, operations, schemaNamed} from './document.ts';
import {type Asked, type Serving, serving} from './serving.ts';

/** Whatever comes: an answer below 500, in time, as the document says. Longer by hand: FUZZ_RUNS=100000. */
const numRuns = Number(process.env.FUZZ_RUNS ?? 400);

let api: Serving;
let workload: string;
beforeAll(async () => {
  api = await serving();
  const body = {workload: {name: 'w', type: 'sleep', with: {ms: 1}}};
  workload = (await api.ask('POST', '/v1/workloads', {key: api.admin, body})).json.id;
});
afterAll(() => api.end());

// /v1/events answers with a WebSocket, revokeKey could take the key away that all of this is done with.
const tried = operations.filter(({operationId}) => operationId !== 'watchEvents' && operationId !== 'revokeKey');

const nasty = fc.constantFrom(
  '',
  '\0',
  '\u2028',
  '../../etc/passwd',
  '%00',
  '${secret:x}',
  "'; drop table workloads; --",
  '$(reboot)',
  '1e999',
  '-1',
  '9'.repeat(40),
  '\ud800',
  'ß'.repeat(300),
  '__proto__',
  'constructor',
  '{"a":1}',
  '🦄',
  'null',
);
const text = fc.oneof(nasty, fc.string({maxLength: 20, unit: 'binary'}));
const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, -1, 2 ** 31, 2 ** 53, 1e308));
const anything = fc.jsonValue({maxDepth: 3}).map(value => value as unknown);

/** A value for a schema of the document: most of the time one that fits more or less, sometimes anything. */
function valueFor(schema: Record<string, unknown>, depth = 0): fc.Arbitrary<unknown> {
  const fitting = (): fc.Arbitrary<unknown> => {
    if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum);
    if ('const' in schema) return fc.constant(schema.const);
    if (schema.type === 'string')
      return fc.oneof(text, fc.constantFrom('a', 'container', 'sleep', '1s', '2026-01-01T00:00:00Z'));
    if (schema.type === 'integer' || schema.type === 'number') return number;
    if (schema.type === 'boolean') return fc.boolean();
    if (schema.type === 'array' && depth < 4)
      return fc.array(valueFor((schema.items ?? {}) as Record<string, unknown>, depth + 1), {maxLength: 3});
    if (schema.properties && depth < 4) {
      const properties = Object.entries(schema.properties as Record<string, Record<string, unknown>>);
      const needed = (schema.required ?? []) as string[];
      const arbitraries = Object.fromEntries(properties.map(([key, part]) => [key, valueFor(part, depth + 1)]));
      return fc.record(arbitraries, {requiredKeys: needed.filter(key => key in arbitraries)});
    }
    if (schema.type === 'object') return fc.dictionary(text, anything, {maxKeys: 3});
    return anything;
  };
  return fc.oneof({weight: 6, arbitrary: fitting()}, {weight: 1, arbitrary: anything}, {weight: 1, arbitrary: nasty});
}

interface Sent {
  readonly operation: Operation;
  readonly path: string;
  readonly asked: Asked;
}

const sent: fc.Arbitrary<Sent> = fc.constantFrom(...tried).chain(operation => {
  const {parameters = [], requestBody} = operation;
  const names = [...operation.path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name!);
  const query = parameters.filter(each => each.in === 'query').map(({name}) => name);
  const schema = requestBody?.content['application/json']?.schema;
  return fc.record({
    operation: fc.constant(operation),
    path: fc
      .tuple(
        fc.tuple(...names.map(name => fc.oneof(text, fc.constant(name === 'id' ? workload : '1')))),
        fc.array(fc.tuple(fc.oneof(fc.constantFrom('x', ...query), text), fc.oneof(text, number.map(String))), {
          maxLength: 3,
        }),
      )
      .map(([values, pairs]) => pathOf(operation.path, names, values, pairs)),
    asked: fc.record({
      raw: fc.oneof(
        {weight: 8, arbitrary: (schema ? bodyFor(schema) : anything).map(value => JSON.stringify(value) ?? '')},
        {weight: 1, arbitrary: text},
        {weight: 1, arbitrary: fc.uint8Array({maxLength: 30}).map(bytes => new Uint8Array(bytes))},
      ),
      headers: fc.dictionary(
        fc.constantFrom('Idempotency-Key', 'X-Request-Id', 'Accept', 'Last-Event-ID', 'X-Other'),
        fc.string({maxLength: 30}),
        {maxKeys: 2},
      ),
    }),
  });
});

const bodies = new Map<object, fc.Arbitrary<unknown>>();
function bodyFor(schema: object): fc.Arbitrary<unknown> {
  const known = bodies.get(schema) ?? valueFor(resolved(schema));
  bodies.set(schema, known);
  return known;
}

/** With what it refers to in place of the references. */
function resolved(schema: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(schema), (_, value) =>
    typeof value?.$ref === 'string' ? resolved(schemaNamed(value.$ref.replace('#/$defs/', ''))) : value,
  );
}

const pathOf = (
  path: string,
  names: readonly string[],
  values: readonly string[],
  pairs: readonly (readonly [string, string])[],
) => {
  const filled = names.reduce((done, name, index) => done.replace(`{${name}}`, () => escaped(values[index]!)), path);
  return pairs.length === 0 ? filled : `${filled}?${pairs.map(pair => pair.map(escaped).join('=')).join('&')}`;
};

/** Halves of surrogate pairs cannot be escaped. */
const escaped = (part: string): string => encodeURIComponent(part.toWellFormed());

test('no request makes it fail, or wait', {timeout: 600_000}, async () => {
  await fc.assert(
    fc.asyncProperty(sent, async ({operation, path, asked}) => {
      const {method} = operation;
      const {raw, headers} = asked;
      const body = method === 'GET' ? {} : {raw};
      // Names that the path is made of may be empty: another route then, and another answer.
      const answer = await api.ask(method, path, {key: api.admin, headers, ...body});
      expect(answer.status, `${method} ${path} ${answer.text}`).toBeLessThan(500);
    }),
    {numRuns, interruptAfterTimeLimit: 500_000, markInterruptAsFailure: true},
  );
  expect((await api.ask('GET', '/ready')).status).toBe(200);
});
