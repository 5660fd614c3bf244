import {expect, test} from 'vitest';
import type {Stack} from '../../../src/engine/spec/stack.ts';
import {applied, containers, plan, shop, told} from './planning.ts';
import {applyAll, onHost} from './simulate.ts';
import {emptyWorld, planInput, port, service, stack, volume} from './world.ts';

test('a first deploy brings images and volumes, then starts what is needed first', () => {
  const world = {
    ...emptyWorld('h1', 'h2'),
    hosts: emptyWorld('h1', 'h2').hosts.map(one => ({...one, toolkit: undefined})),
  };
  const first = plan(world, shop);
  expect(told(first)).toEqual([
    "create host@h1: niyanta's scripts are not installed",
    "create host@h2: niyanta's scripts are not installed",
    'create network@h1: joins its containers with those on other hosts',
    'create network@h2: joins its containers with those on other hosts',
    'create image@h2: not on this host',
    'create image@h1: not on this host',
    'create image@h1: not on this host',
    'create volume@h1: db keeps data in it',
    'create image@h2: not on this host',
    'create db-1@h1: new',
    'create backend-1@h2: new',
    'create backend-2@h1: new',
    'create web-1@h2: new',
  ]);
  expect(first.summary).toEqual({create: 13, update: 0, replace: 0, delete: 0});
  expect(first.placements.map(({because}) => because)).toEqual([
    'spread over host',
    'spread over host',
    'spread over host',
    'spread over host',
  ]);
});

test('an unchanged stack gives an empty plan', () => {
  const again = plan(applied(shop), shop);
  expect(again).toMatchObject({operations: [], drift: [], interruption: [], warnings: []});
});

test('a tag that was never resolved again keeps what runs', () => {
  const world = applied(shop);
  const images = Object.fromEntries(
    Object.entries(planInput(world, shop).images).map(([name, one]) => [name, {...one, pinned: undefined}]),
  );
  expect(plan(world, shop, {images}).operations).toEqual([]);
});

test.each<[string, Stack['services'][number], string[]]>([
  [
    'a changed image',
    service('web', {image: {kind: 'reference', reference: 'web:2'}}),
    ['create image@h1: not on this host', 'replace web-1@h1: image changed'],
  ],
  ['a changed variable', service('web', {env: {A: '1'}}), ['replace web-1@h1: env.A changed']],
  ['a changed label', service('web', {labels: {team: 'a'}}), ['manifest web-1@h1: labels.team changed']],
  [
    'one replica more',
    service('web', {replicas: 2}),
    [
      'update network@h1: h2 joins',
      'create network@h2: joins its containers with those on other hosts',
      'create image@h2: not on this host',
      'create web-2@h2: new',
    ],
  ],
])('%s', (_, now, expected) => expect(told(plan(applied(stack(service('web'))), stack(now)))).toEqual(expected));

test('each change says old, new, and whether it forces a new container', () => {
  const before = stack(service('web', {env: {A: '1'}, labels: {team: 'a'}, resources: {memory: 64}}));
  const after = stack(service('web', {env: {A: '2'}, labels: {team: 'b'}, resources: {memory: 128}}));
  const [operation] = containers(plan(applied(before), after));
  expect(operation!.changes).toEqual([
    {path: 'env.A', from: '1', to: '2', forces: true},
    {path: 'labels.team', from: 'a', to: 'b', forces: false},
    {path: 'resources.memory', from: 64, to: 128, forces: true},
  ]);
});

test('a changed secret replaces its users, and shows by name alone', () => {
  const secretive = stack(service('web', {env: {URL: 'postgres://app:${secret:pw}@db'}}));
  const world = emptyWorld('h1');
  const running = applyAll(world, plan(world, secretive, {secrets: {pw: 'hash-1'}}));
  const [operation] = containers(plan(running, secretive, {secrets: {pw: 'hash-2'}}));
  expect(operation).toMatchObject({how: 'replace', reason: 'env.URL changed'});
  expect(operation!.changes).toEqual([{path: 'env.URL', from: 'secret pw', to: 'secret pw changed', forces: true}]);
});

test.each<[string, Partial<Stack['services'][number]>, string, number]>([
  ['nothing in the way', {}, 'start-first', 0],
  ['a published port', {ports: [port(80)]}, 'stop-first', 1],
  ['a volume', {volumes: [volume('rows')]}, 'stop-first', 1],
  ['a volume that is only read', {volumes: [volume('rows', true)]}, 'start-first', 0],
  ['recreate', {update: {strategy: 'recreate', maxSurge: 1, maxUnavailable: 0}}, 'stop-first', 1],
  ['no surge', {update: {strategy: 'rolling', maxSurge: 0, maxUnavailable: 1}}, 'stop-first', 1],
])('an update with %s', (_, given, order, interrupted) => {
  const change = plan(applied(stack(service('web', given))), stack(service('web', {...given, env: {A: '1'}})));
  expect(containers(change)).toMatchObject([{how: 'replace', order}]);
  expect(change.interruption).toHaveLength(interrupted);
});

test.each([
  [{maxSurge: 1, maxUnavailable: 0}, 1],
  [{maxSurge: 2, maxUnavailable: 0}, 2],
  [{maxSurge: 0, maxUnavailable: 2}, 2],
])('a rolling update with %o has at most %i under way', (bounds, window) => {
  const rolling = (env: Record<string, string>) =>
    stack(service('web', {replicas: 4, env, update: {strategy: 'rolling', ...bounds}}));
  const operations = containers(plan(applied(rolling({})), rolling({A: '1'})));
  expect(operations).toHaveLength(4);
  expect(operations.filter(({after}) => after.length === 0)).toHaveLength(window);
});

test('recreate stops every old one before any new one starts', () => {
  const recreated = (env: Record<string, string>) =>
    stack(service('web', {replicas: 2, env, update: {strategy: 'recreate', maxSurge: 1, maxUnavailable: 0}}));
  const change = plan(applied(recreated({})), recreated({A: '1'}));
  const stops = containers(change)
    .filter(({how}) => how === 'delete')
    .map(({id}) => id);
  expect(stops).toHaveLength(2);
  for (const one of containers(change).filter(({how}) => how === 'create'))
    expect(one.after).toEqual(expect.arrayContaining(stops));
  expect(change.summary).toEqual({create: 0, update: 0, replace: 2, delete: 0});
});

test('a port passes from the service that leaves to the one that comes', () => {
  const change = plan(
    applied(stack(service('old', {ports: [port(80)]})), 'h1'),
    stack(service('new', {ports: [port(80)]})),
  );
  const gone = containers(change).find(({how}) => how === 'delete')!;
  expect(containers(change).find(({how}) => how === 'create')!.after).toContain(gone.id);
});

test('a host in drain is emptied: elsewhere first, then here', () => {
  const world = applied(stack(service('web', {replicas: 2})));
  const change = plan(onHost('h2', one => ({...one, drained: true}))(world), stack(service('web', {replicas: 2})));
  expect(containers(change)).toMatchObject([
    {how: 'replace', host: 'h1', order: 'start-first', reason: 'host h2 is in drain', previous: [{host: 'h2'}]},
  ]);
});
