import {describe, expect, test} from 'vitest';
import {planDestroy} from '../../../src/engine/planner/plan-destroy.ts';
import type {Deviation} from '../../../src/engine/runtime/deviations/deviation.ts';
import type {Leftover} from '../../../src/engine/runtime/leftovers/leftover.ts';
import type {ObservedContainer} from '../../../src/engine/runtime/observed.ts';
import {applied, containers, meddled, plan, told} from './planning.ts';
import {onHost, remove} from './simulate.ts';
import {container, emptyWorld, planInput, service, stack, volume, type World} from './world.ts';

const desired = stack(service('web'));
const limits: Deviation = {aspect: 'limits', what: 'limits changed', path: 'resources.memory', from: 'none', to: 64};
const recreated: Deviation = {aspect: 'container', what: 'recreated'};
const unlinked: Deviation = {aspect: 'link', what: 'bridge deleted'};
const deviate =
  (...deviations: Deviation[]) =>
  (one: ObservedContainer): ObservedContainer => ({...one, deviations});
const who = {service: 'web', replica: 1, host: 'h1'};

describe('what someone changed about a container', () => {
  test.each<[string, Deviation[], object[], string[]]>([
    [
      'its limits',
      [limits],
      [{...who, what: 'limits changed', path: 'resources.memory', from: 'none', to: 64}],
      ['update repair@h1: someone changed it: limits changed'],
    ],
    [
      'its link and its ports',
      [unlinked, {aspect: 'rules', what: 'port 80 not forwarded'}],
      [
        {...who, what: 'bridge deleted'},
        {...who, what: 'port 80 not forwarded'},
      ],
      ['update repair@h1: someone changed it: bridge deleted; port 80 not forwarded'],
    ],
    ['all of it', [recreated], [{...who, what: 'recreated'}], ['replace web-1@h1: someone changed it: recreated']],
  ])('%s: told as drift, and put right', (_, deviations, drift, repair) => {
    const change = plan(meddled(applied(desired), deviate(...deviations)), desired);
    expect(change.drift).toEqual(drift);
    expect(told(change)).toEqual(repair);
  });

  test('is told apart from what the stack changes, which takes care of both when it needs a new container', () => {
    const spoilt = meddled(applied(desired), deviate(limits));
    const replaced = plan(spoilt, stack(service('web', {env: {A: '1'}})));
    expect(replaced.drift).toMatchObject([{what: 'limits changed'}]);
    expect(told(replaced)).toEqual(['replace web-1@h1: env.A changed']);
    const relabelled = plan(spoilt, stack(service('web', {labels: {team: 'a'}})));
    expect(told(relabelled)).toEqual([
      'manifest web-1@h1: labels.team changed',
      'update repair@h1: someone changed it: limits changed',
    ]);
  });

  test('waits for nothing when it is stopped: starting again makes it as it was', () => {
    const stopped = meddled(applied(desired), one => ({...deviate(limits)(one), task: 'stopped', exitCode: 1}));
    expect(told(plan(stopped, desired))).toEqual(['start web-1@h1: it has stopped']);
  });

  test('a stopped one that was made again by hand is not started, but replaced', () => {
    const stopped = meddled(applied(desired), one => ({...deviate(recreated)(one), task: 'none'}));
    expect(told(plan(stopped, desired))).toEqual(['replace web-1@h1: someone changed it: recreated']);
  });

  test('is left to those that it is not a target of', () => {
    const two = stack(service('other'), service('web'));
    const spoilt = meddled(applied(two, 'h1'), deviate(limits));
    const options = {purpose: 'apply' as const, maxUnreachable: 0};
    expect(plan(spoilt, two, {options: {...options, targets: ['web']}}).operations).toEqual([]);
    expect(told(plan(spoilt, two, {options: {...options, targets: ['other']}}))).toHaveLength(1);
  });

  test('is put right before what needs it starts', () => {
    const two = stack(service('db'), service('web', {needs: ['db']}));
    const world = applied(two, 'h1');
    const web = world.hosts[0]!.containers.find(one => one.manifest!.spec.service === 'web')!;
    const change = plan(remove('h1', web.id)(meddled(world, deviate(unlinked))), two);
    expect(change.operations.find(one => one.kind === 'container')!.after).toContain('repair:h1:db-1');
  });
});

describe('a volume whose folder is gone', () => {
  const data = stack(service('db', {volumes: [volume('rows')]}));
  const emptied = (world: World) => onHost('h1', one => ({...one, volumes: []}))(world);

  test('leaves a container that runs alone, and says loudly what is lost', () => {
    const change = plan(emptied(applied(data)), data);
    expect(change.operations).toEqual([]);
    expect(change.drift).toEqual([{service: 'db', replica: 1, host: 'h1', what: 'volume rows removed'}]);
    expect(change.warnings).toEqual([expect.stringMatching(/^DATA LOSS: h1:\/.*rows is gone.*left as it is/)]);
  });

  test.each<[string, (world: World) => World, string]>([
    [
      'that stopped',
      world => meddled(world, one => ({...one, task: 'stopped', exitCode: 1})),
      'start db-1@h1: it has stopped',
    ],
    [
      'that was removed as well',
      world => remove('h1', world.hosts[0]!.containers[0]!.id)(world),
      'create db-1@h1: someone removed it',
    ],
  ])('is made again under one %s, never without a word', (_, change, start) => {
    const found = plan(emptied(change(applied(data))), data);
    expect(told(found)).toEqual(['create volume@h1: someone removed it and the data in it; it begins empty', start]);
    expect(found.warnings).toEqual([expect.stringMatching(/^DATA LOSS: .*it starts with an empty one/)]);
  });

  test('is nothing to a first apply', () => {
    const first = plan(emptyWorld('h1'), data);
    expect(first.warnings).toEqual([]);
    expect(told(first)).toContain('create volume@h1: db keeps data in it');
  });
});

test('an image that someone removed from a host is brought back under the container that runs', () => {
  const world = onHost('h1', one => ({...one, images: []}))(applied(desired, 'h1'));
  const change = plan(world, desired);
  expect(change.drift).toEqual([{...who, what: 'image removed'}]);
  expect(told(change)).toEqual(['create image@h1: someone removed it from this host']);
});

describe('leftovers', () => {
  const files = (id: string, old: boolean, bridge?: string): Leftover => ({kind: 'files', id, old, bridge});
  const temporary = (id: string, old: boolean): Leftover => ({
    kind: 'temporary',
    id,
    old,
    path: `/run/niyanta/env/${id}`,
  });
  const world = (...leftovers: Leftover[]): World => {
    const base = applied(desired, 'h1');
    const theirs = {...base.hosts[0]!.containers[0]!.manifest!.spec, id: 'x-prod-web-1-0a0a0a', environment: 'prod'};
    const network = {...theirs.network, bridge: 'ny0000beef', address: '10.89.9.2'};
    return onHost('h1', one => ({
      ...one,
      leftovers,
      containers: [...one.containers, container({...theirs, network})],
    }))(base);
  };
  test.each<[string, Leftover, boolean]>([
    ['files of this environment, by its bridge', files('a-1-0a0a0a', false, 'ny00000001'), true],
    ['files of this environment, by its name', files('shop-default-web-2-0a0a0a', false), true],
    ['young files of nobody', files('y-1-0a0a0a', false), false],
    ['old files of nobody', files('y-1-0a0a0a', true), true],
    ['old files of an environment that has containers here', files('x-prod-web-2-0a0a0a', true, 'ny0000beef'), false],
    ['old files of an environment that has none', files('z-prod-web-2-0a0a0a', true, 'ny0000dead'), true],
    ['young files of an environment that has none', files('z-prod-web-2-0a0a0a', false, 'ny0000dead'), false],
    ['secrets of this environment', temporary('shop-default-web-2-0a0a0a', false), true],
    ['secrets beside a container of another', temporary('x-prod-web-1-0a0a0a', true), false],
    ['young secrets of nobody', temporary('y-1-0a0a0a', false), false],
    ['a bridge of nobody', {kind: 'bridge', bridge: 'ny0000dead', subnets: []}, true],
    ['ports of this environment', {kind: 'ports', id: 'a-1', bridge: 'ny00000001', chains: []}, true],
    ['ports of another', {kind: 'ports', id: 'a-1', bridge: 'ny0000beef', chains: []}, false],
    ['a file system of this environment', {kind: 'snapshot', id: 'shop-default-web-2-0a0a0a'}, true],
    ['a file system of another', {kind: 'snapshot', id: 'x-prod-web-2-0a0a0a'}, false],
  ])('%s', (_, leftover, swept) => {
    const change = plan(world(leftover), desired);
    expect(change.operations.map(({kind}) => kind)).toEqual(swept ? ['sweep'] : []);
    expect(change.summary).toEqual({create: 0, update: 0, replace: 0, delete: 0});
    const destroy = planDestroy(planInput(world(leftover), desired), {volumes: false});
    expect(destroy.operations.filter(({kind}) => kind === 'sweep')).toHaveLength(swept ? 1 : 0);
  });

  test('are told by name, three at most', () => {
    const many = [1, 2, 3, 4].map(n => files(`shop-default-web-${n}-0a0a0a`, false));
    expect(told(plan(world(...many), desired))).toEqual([
      'delete sweep@h1: left over, and of no container: files and network of shop-default-web-1-0a0a0a, files and network of shop-default-web-2-0a0a0a, files and network of shop-default-web-3-0a0a0a, and 1 more',
    ]);
  });
});

describe('containers without a manifest', () => {
  const labelled = (environment: string): ObservedContainer => ({
    id: 'shop-default-web-4-0a0a0a',
    identity: {project: 'project', stack: 'shop', environment, service: 'web', replica: 4},
    task: 'running',
    restarts: 0,
    networkUp: false,
    names: [],
  });
  const beside = (one: ObservedContainer) =>
    onHost('h1', host => ({...host, containers: [...host.containers, one]}))(applied(desired, 'h1'));

  test('are removed when their labels say that they are of this environment', () => {
    expect(containers(plan(beside(labelled('default')), desired)).map(({how, replica}) => [how, replica])).toEqual([
      ['delete', 4],
    ]);
  });

  test('are left alone when their labels say that they are not', () => {
    expect(plan(beside(labelled('prod')), desired)).toMatchObject({operations: [], warnings: []});
  });

  test('are left alone, and told, when nothing says whose they are', () => {
    const {identity: _, ...stranger} = labelled('default');
    expect(plan(beside(stranger), desired)).toMatchObject({
      operations: [],
      warnings: [expect.stringContaining('container shop-default-web-4-0a0a0a on h1')],
    });
  });
});
