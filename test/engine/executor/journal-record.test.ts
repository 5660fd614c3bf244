import {expect, test} from 'vitest';
import {idempotencyKey} from '../../../src/engine/executor/idempotency-key.ts';
import {inverseOf} from '../../../src/engine/executor/inverse.ts';
import {readRecords} from '../../../src/engine/executor/journal-record.ts';
import {RunJournal} from '../../../src/engine/executor/run-journal.ts';
import {OutsideError} from '../../../src/engine/spec/errors.ts';
import type {JsonValue} from '../../../src/engine/spec/json-value.ts';
import type {Journal} from '../../../src/engine/state/store.ts';
import {containerOperation, specOf} from './simulated-hosts.ts';

const at = '2026-01-02T03:04:05Z';
const run = '20260102T030405000Z-aaaaaa';
const operation = containerOperation('replace', specOf('web', 1, 'h1', 'b'), {previous: [{host: 'h1', id: 'web-1-a'}]});
const old = specOf('web', 1, 'h1', 'a');
const begin = {
  type: 'begin',
  version: 1,
  run,
  at,
  who: 'ada@desk',
  action: 'apply',
  fence: 3,
  serial: 2,
  images: {},
  services: [],
  volumes: false,
  before: [],
  operations: [
    {
      id: operation.id,
      key: idempotencyKey(operation),
      title: 'replace web 1 on h1',
      host: 'h1',
      after: [],
      inverse: inverseOf(operation, () => {
        return {host: 'h1', id: 'web-1-a', running: true, listed: true, exists: true, spec: old};
      }),
    },
  ],
};
const json = (value: unknown) => JSON.parse(JSON.stringify(value)) as JsonValue;

test('records are read as they were written', () => {
  const records = [
    begin,
    {type: 'started', at, operations: 1},
    {type: 'operation-started', at, operation: 'x', title: 'x'},
  ];
  expect(readRecords(run, records.map(json))).toEqual(records.map(json));
});

test('how routes and proxies are taken back is read, too', () => {
  const routes = {project: 'shop', stack: 'shop', environment: 'default', routes: []};
  const proxy = {
    source: {kind: 'binary', path: '/usr/bin/caddy'},
    http: 80,
    https: 443,
    acme: {},
    log: {size: 1, files: 1},
  };
  const inverse = [
    {do: 'write-routes', host: 'h1', routes},
    {do: 'ensure-proxy', host: 'h1', proxy},
    {do: 'ensure-proxy', host: 'h1'},
  ];
  const record = json({...begin, operations: [{...begin.operations[0], inverse}]});
  expect(readRecords(run, [record])).toEqual([record]);
});

test.each([
  ['a newer niyanta', {...begin, version: 2}, 'journal-newer', 'version 2'],
  ['another program', {...begin, operations: 'none'}, 'journal-invalid', 'operations'],
  ['nobody known', {some: 'thing'}, 'journal-invalid', 'record 1'],
])('what %s wrote is told, not guessed', (_, value, code, told) => {
  expect(() => readRecords(run, [json(value)])).toThrow(
    expect.objectContaining({code, message: expect.stringContaining(told)}),
  );
});

test('a kind of record that a later version adds is passed over by those who do not know it', () => {
  expect(readRecords(run, [json(begin), json({type: 'paused', at, by: 'ada'})])).toHaveLength(2);
});

test('the same intent has the same key, whatever the container is called and wherever its address', () => {
  const again = {...operation.spec!, id: 'web-1-c', network: {...operation.spec!.network, address: '10.89.0.77'}};
  expect(idempotencyKey({...operation, spec: again, reason: 'another'})).toBe(idempotencyKey(operation));
  const other = {...operation.spec!, env: {COLOUR: 'blue'}};
  expect(idempotencyKey({...operation, spec: other})).not.toBe(idempotencyKey(operation));
});

/** A journal in memory that takes a moment, and fails when told to. */
function memory() {
  const written: JsonValue[][] = [];
  const state = {fails: false};
  const journal = {
    append: async (_environment: string, _run: string, records: readonly JsonValue[]) => {
      await new Promise(resolve => setTimeout(resolve, 2));
      if (state.fails) throw new OutsideError({code: 'disk-full', message: 'the disk is full'});
      written.push([...records]);
    },
  } as unknown as Journal;
  return {journal, written, state};
}

const event = (operation: string) => ({type: 'operation-started', at, operation, title: operation}) as const;
const types = (written: readonly JsonValue[][]) => written.flat().map(record => (record as {type: string}).type);

test('what is noted goes with the next durable record, in order', async () => {
  const {journal, written} = memory();
  const log = new RunJournal(journal, 'default', {run});
  log.note({type: 'commit-started', at});
  await log.durably(event('a'));
  expect(types(written)).toEqual(['commit-started', 'operation-started']);
  expect(written).toHaveLength(1);
});

test('a journal that cannot be written lets nothing new begin, and writes the rest once it can', async () => {
  const {journal, written, state} = memory();
  const log = new RunJournal(journal, 'default', {run});
  state.fails = true;
  await expect(log.durably(event('a'))).rejects.toThrow('the disk is full');
  state.fails = false;
  await expect(log.durably(event('b'))).rejects.toThrow('the disk is full');
  expect(await log.end({type: 'result', at, outcome: 'rolled-back', serial: 1, operations: []})).toBe(false);
  expect(types(written)).toEqual(['result']);
});

test('what hosts said is masked, ids are not', async () => {
  const {journal, written} = memory();
  const log = new RunJournal(journal, 'default', {run, mask: text => text.replaceAll('h1', '***')});
  const failed = {type: 'operation-finished', at, operation: 'image:h1', outcome: 'failed', durationMs: 1} as const;
  log.note({...failed, message: 'said h1', log: ['h1']});
  await log.durably(event('image:h1'));
  expect(written.flat()[0]).toMatchObject({operation: 'image:h1', message: 'said ***', log: ['***']});
});
