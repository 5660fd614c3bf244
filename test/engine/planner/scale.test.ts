import {expect, test} from 'vitest';
import {withCounts} from '../../../src/engine/scale-services.ts';
import {UserError} from '../../../src/engine/spec/errors.ts';
import {applied, containers, plan} from './planning.ts';
import {service, stack} from './world.ts';

const counted = (web: number, db = 1) => stack(service('web', {replicas: web}), service('db', {replicas: db}));
const before = (web: number, db = 1) => ({
  replicas: new Map([
    ['web', web],
    ['db', db],
  ]),
});
const options = {purpose: 'apply', maxUnreachable: 0} as const;

test('more replicas start, and the plan says from what to what', () => {
  const more = plan(applied(counted(3)), counted(5), before(3));
  expect(more.replicas).toEqual([{service: 'web', from: 3, to: 5}]);
  expect(containers(more).map(({how, replica}) => [how, replica])).toEqual([
    ['create', 4],
    ['create', 5],
  ]);
});

test('then the file says another number again: its plan says so, and the last ones go', () => {
  const back = plan(applied(counted(5)), counted(3), before(5));
  expect(back.replicas).toEqual([{service: 'web', from: 5, to: 3}]);
  expect(containers(back).map(({how, previous}) => [how, previous.length])).toEqual([
    ['delete', 1],
    ['delete', 1],
  ]);
});

test.each([
  ['the same numbers', before(3), {}],
  ['nothing applied before', {}, {}],
  ['a service that is not meant', before(1), {options: {...options, targets: ['db']}}],
])('with %s nothing is told', (_, known, given) => {
  expect(plan(applied(counted(3)), counted(3), {...known, ...given})).not.toHaveProperty('replicas');
});

test('only the numbers that are given change; a service that is not there is refused with the nearest name', () => {
  const scaled = withCounts(counted(3, 2), new Map([['web', 0]]));
  expect(scaled.services.map(({name, replicas}) => [name, replicas])).toEqual([
    ['web', 0],
    ['db', 2],
  ]);
  expect(() => withCounts(counted(3), new Map([['wep', 2]]))).toThrow(UserError);
  expect(() => withCounts(counted(3), new Map([['wep', 2]]))).toThrow(/no service "wep".*web/);
});

test('a direct apply says that a service with scale does not follow its load; a served one does', () => {
  const rule = {min: 2, max: 5, cpu: 70, cooldown: {upMs: 0, downMs: 0}, tolerance: 0.1, windowMs: 0};
  const desired = stack(service('web', {replicas: 2, scale: rule}), service('db'));
  const nothing = applied(stack());
  expect(plan(nothing, desired, {options}).warnings).toEqual([
    'web has 2 replicas whatever its load: scale needs apply --server',
  ]);
  expect(plan(nothing, desired, {options: {...options, served: true}}).warnings).toEqual([]);
});
