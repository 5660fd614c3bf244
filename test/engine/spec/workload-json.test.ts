import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {stringify} from 'yaml';
import {UserErrors} from '../../../src/engine/spec/errors.ts';
import {jsonSchema} from '../../../src/engine/spec/json-schema.ts';
import {workloadDocument} from '../../../src/engine/spec/workload-document.ts';
import {workloadFromJson} from '../../../src/engine/spec/workload-from-json.ts';
import {errorsOf, job, readWorkloads} from './reading.ts';

const told = async (value: unknown, prefix?: (string | number)[]) =>
  (await errorsOf(workloadFromJson(value, prefix))).map(text => text.replace(/^body:1:1:? /, ''));

describe('a workload as JSON', () => {
  test('is what it is in a file; apiVersion and kind may be left out', async () => {
    const body = {name: 'job', image: 'busybox', timeout: '5m', inputs: {files: ['a.csv:/in/a.csv']}};
    const workload = await workloadFromJson(body);
    const [placed] = await readWorkloads(job('timeout: 5m', 'inputs: {files: ["a.csv:/in/a.csv"]}'));
    expect(workload).toEqual({...placed!.workload, inputs: {files: [{source: 'a.csv', target: '/in/a.csv'}]}});
    expect(await workloadFromJson({...body, apiVersion: 'niyanta/v1', kind: 'Workload'})).toEqual(workload);
  });

  test('nothing of the server is put into it', async () => {
    const workload = await workloadFromJson({name: 'a', image: 'b', command: ['${env:HOME}', '$$'], env: {A: '${x}'}});
    expect(workload.container).toMatchObject({command: ['${env:HOME}', '$$'], env: {A: '${x}'}});
  });

  test('every error has its path in the body', async () => {
    expect(
      await told({name: 'a', image: 'b', archive: './x', labels: {'a.b': 1}, retries: {max: '3'}, x: 1}, [
        'workloads',
        2,
      ]),
    ).toEqual([
      'workloads.2.archive: is read by the command line, where the file is; the API does not take it',
      'workloads.2.retries.max: must be a number, is the text "3"',
      'workloads.2.x: unknown key',
    ]);
    expect(await told({name: 'a', image: 'b', env: {A: '${secret:}'}})).toEqual([
      'env.A: "" is not a name of a secret: letters, digits and _, no digit first',
    ]);
    expect(await told({name: 'a', image: 'b', command: ['${secret:x}']})).toEqual([
      'command.0: a secret cannot be used here: it would show in process lists, plans or state',
    ]);
  });

  test.each([[null], [[]], ['x'], [7], [undefined]])('%j is none', async value => {
    expect(await told(value)).toEqual(['must be a map: a workload']);
  });

  test('a value nested thousands deep is refused', async () => {
    const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`);
    expect((await told({name: 'a', image: 'b', with: {deep}})).at(-1)).toMatch(/is nested too deeply/);
  });
});

const key = fc.constantFrom(
  ...Object.keys(jsonSchema('workload').properties as object),
  '__proto__',
  'constructor',
  '',
);
const anything = fc.oneof(
  fc.jsonValue({maxDepth: 4, stringUnit: 'binary'}),
  fc.constantFrom('${', '${secret:x}', '1s', '0 3 * * *'),
);

/** Reads, and lets only errors with a path and words through. */
async function explained(reading: Promise<unknown>): Promise<void> {
  const error = await reading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error === undefined) return;
  if (!(error instanceof UserErrors)) throw error;
  expect(error.errors.every(each => each.message !== '' && each.location !== undefined)).toBe(true);
}

describe('whatever is sent is read or explained', () => {
  test('any value, and any value at each key', () =>
    fc.assert(
      fc.asyncProperty(anything, fc.dictionary(key, anything), async (value, fields) => {
        await explained(workloadFromJson(value));
        await explained(workloadFromJson({name: 'a', image: 'b', ...fields}));
        await explained(readWorkloads(stringify({apiVersion: 'niyanta/v1', kind: 'Workload', name: 'a', ...fields})));
      }),
      {numRuns: 300},
    ));
});

const name = fc.constantFrom('a', 'b', 'import', 'x-1');
const words = fc.array(fc.constantFrom('x', '${', '$$', 'ü "\n', ''), {minLength: 1, maxLength: 3});
const ms = fc.integer({min: 1000, max: 3_600_000}).map(n => `${n}ms`);
const document = fc.record(
  {
    version: fc.constantFrom('1', '1.10', 'v2'),
    entrypoint: words,
    command: words,
    user: fc.constantFrom('root', '1000:1000'),
    env: fc.dictionary(fc.constantFrom('A', 'B'), fc.constantFrom('${secret:x}', '', '1')),
    mounts: fc.constantFrom([], ['/a:/b:ro', '/c:/d']),
    ports: fc.constantFrom([], ['80:81', '53:53/udp', '[::1]:90:90', '127.0.0.1:91:91']),
    readOnly: fc.boolean(),
    capabilities: fc.constantFrom({add: ['NET_RAW']}, {drop: ['ALL']}),
    stop: fc.record({signal: fc.constantFrom('SIGINT', 'SIGTERM'), grace: ms}),
    labels: fc.dictionary(fc.constantFrom('a', 'b/c'), fc.constantFrom('', 'x')),
    resources: fc.constantFrom({cpu: 0.25}, {cpu: '500m', memory: '100M', gpu: 2, disk: '1Ti'}),
    priority: fc.integer({min: 0, max: 100}),
    preemptible: fc.boolean(),
    placement: fc.record({
      prefer: fc.constant([{match: {a: 'b'}}]),
      avoid: fc.array(fc.record({workload: name}), {maxLength: 2}),
    }),
    retries: fc.record({
      max: fc.integer({min: 0, max: 9}),
      backoff: fc.constant({initial: '1500ms', factor: 1.5}),
      exitCodes: fc.constant([1, 75]),
    }),
    timeout: ms,
    checkpoint: fc.record({every: ms, progress: fc.integer({min: 1, max: 99}), grace: ms}, {requiredKeys: []}),
    schedule: fc.constant({cron: '*/5 * * * *', timeZone: 'Europe/Vilnius', missed: 'all'}),
    after: fc.constantFrom([], [{workload: 'z', on: 'failure'}]),
    concurrency: fc.constant({key: 'k', max: 2}),
    onLost: fc.constantFrom('wait', 'reschedule'),
    inputs: fc.constant({files: ['a.csv:/in/a', 'b:c:/in/b']}),
    outputs: fc.constant({files: ['/o'], result: '/r'}),
  },
  {requiredKeys: []},
);

test('what is sent is what was read: a document of a workload reads as the same workload', () =>
  fc.assert(
    fc.asyncProperty(document, async fields => {
      const workload = await workloadFromJson({name: 'job', image: 'busybox:1', ...fields});
      const sent = JSON.parse(JSON.stringify(workloadDocument(workload)));
      expect(await workloadFromJson(sent)).toEqual(workload);
    }),
    {numRuns: 300},
  ));

test('of an image that is here only its name is told, and taken with an image alone', async () => {
  const [placed] = await readWorkloads(job().replace('image: busybox', 'archive: ./a.tar'));
  const document = workloadDocument(placed!.workload);
  expect(document).toMatchObject({archive: 'a.tar'});
  expect((await workloadFromJson(written(document), [], true)).container?.image).toEqual({
    kind: 'archive',
    path: '/a.tar',
  });
  await expect(workloadFromJson(written(document))).rejects.toMatchObject({
    errors: expect.arrayContaining([expect.objectContaining({code: 'local-only'})]),
  });
});

const written = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('the JSON Schema knows every key, and no other', () => {
  const schema = jsonSchema('workload') as {properties: Record<string, unknown>; required: string[]};
  expect(schema).toMatchObject({additionalProperties: false, required: ['apiVersion', 'kind', 'name']});
  expect(Object.keys(schema.properties).sort()).toMatchInlineSnapshot(`
    [
      "after",
      "apiVersion",
      "archive",
      "build",
      "capabilities",
      "checkpoint",
      "command",
      "concurrency",
      "entrypoint",
      "env",
      "envFile",
      "image",
      "inputs",
      "kind",
      "labels",
      "mounts",
      "name",
      "onLost",
      "outputs",
      "params",
      "placement",
      "ports",
      "preemptible",
      "priority",
      "readOnly",
      "resources",
      "retries",
      "schedule",
      "stop",
      "timeout",
      "type",
      "user",
      "version",
      "with",
      "workdir",
    ]
  `);
});
