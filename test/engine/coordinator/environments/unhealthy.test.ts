import {describe, expect, test} from 'vitest';
import {
  countFailures,
  type Failing,
  toReplace,
  type WatchedService,
} from '../../../../src/engine/coordinator/environments/unhealthy-replicas.ts';

/** A service of which these replicas are unhealthy, in containers `web-1` and so on. */
const service = (name: string, wanted: number, sick: readonly number[], parts: Partial<WatchedService> = {}) => ({
  service: name,
  wanted,
  good: wanted - sick.length,
  needs: [],
  unhealthy: sick.map(replica => ({service: name, replica, host: 'h1', container: `${name}-${replica}`})),
  looks: 3,
  ...parts,
});

const failing = (looks: Readonly<Record<string, number>>): ReadonlyMap<string, Failing> =>
  new Map(Object.entries(looks).map(([container, count]) => [container, {looks: count, at: 0}]));

const replaced = (services: readonly WatchedService[], looks: Readonly<Record<string, number>>) =>
  toReplace(services, failing(looks)).map(({container}) => container);

describe('looks that found a replica unhealthy', () => {
  test('are counted in a row, apart from each other; who is well or gone begins anew', () => {
    const sick = [service('web', 2, [1])];
    let known = countFailures(new Map(), sick, 0);
    expect(known).toEqual(failing({'web-1': 1}));
    known = countFailures(known, sick, 900);
    expect(known).toEqual(failing({'web-1': 1}));
    known = countFailures(known, sick, 5000);
    expect(known).toEqual(new Map([['web-1', {looks: 2, at: 5000}]]));
    expect(countFailures(known, [service('web', 2, [])], 10_000)).toEqual(new Map());
    expect(countFailures(known, [service('web', 2, [2])], 10_000)).toEqual(
      new Map([['web-2', {looks: 1, at: 10_000}]]),
    );
  });
});

describe('who is replaced', () => {
  test.each<[what: string, WatchedService[], Record<string, number>, string[]]>([
    ['often enough', [service('web', 2, [1])], {'web-1': 3}, ['web-1']],
    ['not often enough', [service('web', 2, [1])], {'web-1': 2}, []],
    ['the only one', [service('web', 1, [1])], {'web-1': 3}, ['web-1']],
    ['all of them: one at a time', [service('web', 3, [1, 2, 3])], {'web-1': 3, 'web-2': 3, 'web-3': 3}, ['web-1']],
    ['several: who is so for longest', [service('web', 3, [1, 2])], {'web-1': 3, 'web-2': 7}, ['web-2']],
    ['another one is missing or starts', [service('web', 3, [1], {good: 1})], {'web-1': 9}, []],
    ['only to be reported', [service('db', 1, [1], {looks: undefined})], {'db-1': 99}, []],
    [
      'what it needs is not well: that first',
      [service('db', 1, [1]), service('web', 2, [1], {needs: ['db']})],
      {'db-1': 3, 'web-1': 3},
      ['db-1'],
    ],
    [
      'two services that have nothing to do with each other',
      [service('db', 1, [1]), service('web', 2, [2])],
      {'db-1': 3, 'web-2': 3},
      ['db-1', 'web-2'],
    ],
  ])('%s', (_, services, looks, expected) => {
    expect(replaced(services, looks)).toEqual(expected);
  });
});
