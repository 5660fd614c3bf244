import {expect, test} from 'vitest';
import {refuseOverQuota} from '../../../src/engine/planner/quota.ts';
import {type EnvironmentRule, type Quota, ruleFor} from '../../../src/engine/spec/environment-rules.ts';
import {UserError, UserErrors} from '../../../src/engine/spec/errors.ts';
import type {Stack} from '../../../src/engine/spec/stack.ts';

const Mi = 2 ** 20;
const service = (name: string, replicas: number, resources: object = {}) => ({name, replicas, resources});
const stackOf = (services: object[], volumes: string[] = []) =>
  ({name: 'shop', services, volumes: volumes.map(name => ({name}))}) as unknown as Stack;
const rule = (quota: Quota, pattern = 'preview-*'): EnvironmentRule => ({
  pattern,
  quota,
  at: {file: 'niyanta.yaml', line: 7, column: 3, path: `environments.${pattern}`},
});

function refusals(stack: Stack, quota: Quota): string[] {
  try {
    refuseOverQuota(stack, 'preview-1', rule(quota));
    return [];
  } catch (error) {
    if (error instanceof UserErrors) return error.errors.map(({code, message}) => `${code}: ${message}`);
    if (error instanceof UserError) return [`${error.code}: ${error.message}`];
    throw error;
  }
}

const web = service('web', 2, {cpu: 0.1, memory: 64 * Mi});
const db = service('db', 1, {cpu: 0.1, memory: 128 * Mi});

test.each<[string, Stack, Quota, string[]]>([
  ['nothing limited', stackOf([web, db], ['a', 'b']), {}, []],
  [
    'all of it taken, fractions added up',
    stackOf([web, db]),
    {cpu: 0.3, memory: 256 * Mi, replicas: 3, volumes: 0},
    [],
  ],
  [
    'too many cores',
    stackOf([db, web]),
    {cpu: 0.2},
    ['quota-exceeded: environment preview-1 asks for 0.3 cores, its quota is 0.2: web 0.2, db 0.1'],
  ],
  [
    'too much memory',
    stackOf([web, db]),
    {memory: 255 * Mi},
    ['quota-exceeded: environment preview-1 asks for 256Mi of memory, its quota is 255Mi: web 128Mi, db 128Mi'],
  ],
  [
    'several at once, each told',
    stackOf([web, db], ['data', 'files']),
    {replicas: 2, volumes: 1},
    [
      'quota-exceeded: environment preview-1 asks for 3 replicas, its quota is 2: web 2, db 1',
      'quota-exceeded: environment preview-1 asks for 2 volumes, its quota is 1: data, files',
    ],
  ],
  [
    'a service that does not say what it takes',
    stackOf([web, service('cache', 1), service('queue', 1, {memory: Mi})]),
    {cpu: 8},
    ['quota-unknown: environment preview-1 has a quota of 8 cores, but cache, queue do not say resources.cpu'],
  ],
  ['one without replicas takes nothing', stackOf([web, service('cache', 0)]), {cpu: 8, replicas: 2}, []],
])('%s', (_, stack, quota, told) => expect(refusals(stack, quota)).toEqual(told));

test('the place of the rule and the way out are told', () => {
  const refuse = () => refuseOverQuota(stackOf([web]), 'preview-1', rule({replicas: 1}));
  expect(refuse).toThrow(
    expect.objectContaining({
      location: {file: 'niyanta.yaml', line: 7, column: 3, path: 'environments.preview-*.quota.replicas'},
      hint: 'Ask for less in this environment, or raise environments.preview-*.quota.replicas in niyanta.yaml.',
    }),
  );
});

test.each<[string, string | undefined]>([
  ['staging', 'staging'],
  ['preview-7', 'preview-*'],
  ['preview-keep', 'preview-keep'],
  ['xpreview-7', '*'],
])('the rule of %s is %s: the very name before the first pattern', (name, pattern) => {
  const rules = ['preview-*', '*', 'preview-keep', 'staging'].map(one => rule({}, one));
  expect(ruleFor(rules, name)?.pattern).toBe(pattern);
});

test('no rule, no limit', () => {
  expect(ruleFor([rule({}, 'a.*')], 'abc')).toBeUndefined();
  expect(() => refuseOverQuota(stackOf([web]), 'x', undefined)).not.toThrow();
});
