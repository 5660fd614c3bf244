import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {stringify} from 'yaml';
import {UserErrors} from '../../../src/engine/spec/errors.ts';
import {mergeTrees} from '../../../src/engine/spec/merge-trees.ts';
import {formatDuration, formatSize, parseDuration, parseSize} from '../../../src/engine/spec/quantities.ts';
import {readYaml} from '../../../src/engine/spec/read-yaml.ts';
import {type Tree, toValue} from '../../../src/engine/spec/tree.ts';
import {readProject, readStack} from './reading.ts';

/** Reads, and lets only errors with a place through. */
async function parsesOrExplains(reading: Promise<unknown>): Promise<void> {
  try {
    await reading;
  } catch (error) {
    if (!(error instanceof UserErrors)) throw error;
    expect(error.errors.length).toBeGreaterThan(0);
    for (const each of error.errors) {
      expect(each.location?.line).toBeGreaterThanOrEqual(1);
      expect(each.location?.column).toBeGreaterThanOrEqual(1);
      expect(each.message).not.toBe('');
    }
  }
}

const anyText = fc.oneof(
  fc.string(),
  fc.string({unit: 'binary'}),
  fc.constantFrom('', ' ', 'a\nb', '<<', '${', '$${a}', '~', 'toString'),
);
const anyJson = fc.jsonValue({maxDepth: 4, stringUnit: 'binary'});
const head = {apiVersion: 'niyanta/v1', kind: 'Stack', name: 'shop'};

/** Values that are right or nearly so, at the keys that exist. */
const service = fc.record(
  {
    image: fc.oneof(fc.constant('nginx'), anyText),
    replicas: fc.oneof(fc.integer(), anyJson),
    needs: fc.oneof(fc.array(fc.constantFrom('a', 'b', 'c')), anyJson),
    env: fc.oneof(fc.dictionary(anyText, fc.oneof(anyText, fc.double(), fc.boolean())), anyJson),
    command: fc.oneof(fc.array(anyText), anyJson),
    health: fc.oneof(fc.record({tcp: fc.record({port: fc.integer()})}), anyJson),
    volumes: fc.oneof(fc.array(anyText), anyJson),
    ports: fc.oneof(fc.array(fc.constantFrom('80:80', '81:80', '1.1.1.1:80:1')), anyJson),
    resources: anyJson,
    template: fc.oneof(fc.constant('postgres'), anyJson),
    with: anyJson,
    update: anyJson,
    placement: anyJson,
    labels: fc.dictionary(anyText, anyText),
    stop: anyJson,
  },
  {requiredKeys: []},
);

describe('whatever is written is read or explained', () => {
  test('any text', () =>
    fc.assert(
      fc.asyncProperty(anyText, text => parsesOrExplains(readStack(text))),
      {numRuns: 300},
    ));

  test('any JSON value as a stack and as a project', () =>
    fc.assert(
      fc.asyncProperty(anyJson, async value => {
        await parsesOrExplains(readStack(stringify(value)));
        await parsesOrExplains(readProject(stringify(value)));
      }),
      {numRuns: 200},
    ));

  test('any value at the keys of a stack', () =>
    fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom('a', 'b', 'c'), service),
        anyJson,
        anyJson,
        (services, volumes, params) => parsesOrExplains(readStack(stringify({...head, services, volumes, params}))),
      ),
      {numRuns: 300},
    ));

  test('any name, for everything that has one', () =>
    fc.assert(
      fc.asyncProperty(anyText, async name => {
        const stack = {
          services: {[name]: {image: 'x'}},
          volumes: {[name]: {}},
          environments: {[name]: {}},
          params: {[name]: {default: 1}},
        };
        await parsesOrExplains(readStack(stringify({...head, name, ...stack})));
        await parsesOrExplains(
          readProject(stringify({...head, kind: 'Project', name, hosts: {[name]: {address: name}}})),
        );
      }),
      {numRuns: 300},
    ));
});

describe('quantities', () => {
  test('durations round-trip', () => fc.assert(fc.property(fc.nat(), ms => parseDuration(formatDuration(ms)) === ms)));
  test('sizes round-trip', () => fc.assert(fc.property(fc.nat(), bytes => parseSize(formatSize(bytes)) === bytes)));
  test('no text is taken for a quantity by accident', () =>
    fc.assert(
      fc.property(anyText, text => {
        for (const value of [parseDuration(text), parseSize(text)])
          expect(value === undefined || value >= 0).toBe(true);
      }),
    ));
  test.each([
    ['1h30m', 5_400_000],
    ['1.5s', 1500],
    ['250ms', 250],
    ['10', undefined],
    ['', undefined],
    ['-1s', undefined],
    ['1 s', undefined],
  ])('duration %j', (text, ms) => expect(parseDuration(text)).toBe(ms));
  test.each([
    ['256Mi', 268_435_456],
    ['1.5G', 1_500_000_000],
    ['64k', 64_000],
    ['512', 512],
    ['1GiB', 1_073_741_824],
    ['1 G', undefined],
    ['1e9', undefined],
    ['-5Mi', undefined],
  ])('size %j', (text, bytes) => expect(parseSize(text)).toBe(bytes));
});

describe('one map over another', () => {
  const tree = (value: unknown): Tree => readYaml(stringify(value), {name: 'x', directory: '/'})[0]!;
  const leaf = fc.oneof(fc.integer(), fc.array(fc.integer()));
  // A key is a map in every tree or in none: a value between two maps hides the first for one order of merging only.
  const inner = fc.dictionary(fc.constantFrom('x', 'y'), leaf);
  const map = fc
    .record({a: leaf, b: leaf, c: inner, d: inner}, {requiredKeys: []})
    .filter(value => Object.keys(value).length > 0)
    .map(value => ({...value}));
  const merged = (...values: unknown[]) => toValue(values.map(tree).reduce((base, over) => mergeTrees(base, over)));

  test('the same twice changes nothing', () =>
    fc.assert(
      fc.property(map, a => {
        expect(merged(a, a)).toEqual(a);
      }),
    ));
  test('order of merging does not matter, only order of maps', () =>
    fc.assert(
      fc.property(map, map, map, (a, b, c) => {
        const left = mergeTrees(mergeTrees(tree(a), tree(b)), tree(c));
        expect(toValue(left)).toEqual(toValue(mergeTrees(tree(a), mergeTrees(tree(b), tree(c)))));
      }),
    ));
  test('what the later one says holds', () =>
    fc.assert(
      fc.property(map, map, (a, b) => {
        expect(merged(a, b)).toMatchObject(b);
      }),
    ));
  test('null removes', () =>
    fc.assert(
      fc.property(map, a => {
        const nothing = Object.fromEntries(Object.keys(a).map(key => [key, null]));
        expect(merged(a, nothing)).toEqual({});
      }),
    ));
});
