import {describe, expect, test} from 'vitest';
import {planGc} from '../../../src/engine/planner/gc/plan-gc.ts';
import {
  aside,
  bridgeOf,
  container,
  copy,
  day,
  host,
  hour,
  image,
  inputOf,
  lockOf,
  now,
  planned,
  removed,
  state,
  volume,
} from './gc-world.ts';
import {service, stack} from './world.ts';

const placed = (id: string) => ({web: [{replica: 1, host: 'h1', address: '10.89.3.7', container: id, ports: []}]});
const id = 'shop-default-web-1-00000a';
const known = lockOf({default: state({placements: placed(id)})});
const gone = {environment: 'gone'};

describe('what goes, and what stays', () => {
  test.each<[string, Parameters<typeof removed>[1], readonly string[]]>([
    ['a container that the state places', {containers: [container({})]}, []],
    [
      'a container of an environment that is gone',
      {containers: [container(gone)]},
      ['container shop-gone-web-1-00000a'],
    ],
    ['one that may just be being made', {containers: [container({...gone, ageMs: hour / 2})]}, []],
    [
      'a container of a known environment that the state does not mention',
      {containers: [container({id: 'shop-default-web-9-00000b'})]},
      ['container shop-default-web-9-00000b'],
    ],
    [
      "another project's container, in an environment of the same name",
      {containers: [container({project: 'other', ...gone})]},
      [],
    ],
    [
      'a stack that the environment never had',
      {containers: [container({stack: 'old'})]},
      ['container old-default-web-1-00000a'],
    ],
    ['a container without manifest or labels', {containers: [{...container(gone), manifest: undefined}]}, []],
    [
      'an empty volume of an environment that is gone',
      {volumes: [volume(gone, {empty: true})]},
      ['empty volume demo.shop.gone/data'],
    ],
    ['a volume with data of one', {volumes: [volume(gone)]}, []],
    ["another project's empty volume", {volumes: [volume({project: 'other', ...gone}, {empty: true})]}, []],
    ["a folder that is no environment's", {volumes: [{folder: 'mine/data', bytes: 1, empty: true}]}, []],
    ['a network of one', {networks: {[bridgeOf(gone)]: day}}, []],
    [
      'a network and a volume of one',
      {networks: {[bridgeOf(gone)]: day}, volumes: [volume(gone, {empty: true})]},
      [`network ${bridgeOf(gone)}`, 'empty volume demo.shop.gone/data'],
    ],
    ['a network of a known environment', {networks: {[bridgeOf({})]: day}}, []],
    [
      "another project's network",
      {networks: {[bridgeOf({project: 'other'})]: day}, copies: [copy({project: 'other'})]},
      [],
    ],
    ['the copy of the state of one', {copies: [copy(gone)]}, ['copy of the state of demo.shop.gone']],
    ['the copy of a known one', {copies: [copy({})]}, []],
    ['what proxies serve', {routes: [{}, gone, {project: 'other', ...gone}]}, ['routes of demo.shop.gone']],
    [
      'numbers of leases',
      {fences: ['demo.gone', 'demo.default', 'other.gone', 'demo._gc']},
      ['number of the lease of demo.gone'],
    ],
    [
      'what another state of the project keeps',
      {
        containers: [container(gone)],
        volumes: [volume(gone, {empty: true})],
        copies: [copy({...gone, salt: 'dGhlaXJz'})],
        fences: ['demo.gone'],
      },
      [],
    ],
  ])('%s', (what, found, expected) => {
    // A network alone does not tell whose it was: old and without containers, it is nobody's.
    const all = what === 'a network of one' ? [`network ${bridgeOf(gone)}`] : expected;
    const containers = [container({}), ...(found.containers ?? []).filter(one => one.id !== id)];
    expect(removed(known, {...found, containers})).toEqual(all);
  });

  test('volumes with data are told, with what removes them, and go when they are named', () => {
    const found = {containers: [container({})], volumes: [volume(gone), volume({name: 'dropped'})]};
    expect(planned(known, found).kept).toMatchObject([
      {what: 'volume demo.shop.gone/data', why: expect.stringContaining('niyanta gc --volumes gone'), bytes: 4096},
      {what: 'volume demo.shop.default/dropped', why: expect.stringContaining('--volumes default/dropped')},
    ]);
    expect(removed(known, found, {volumes: ['gone']})).toEqual(['volume demo.shop.gone/data']);
    expect(removed(known, found, {volumes: ['default']})).toEqual(['volume demo.shop.default/dropped']);
    expect(removed(known, found, {volumes: ['gone/other']})).toEqual([]);
  });

  test('a volume that any stack of the history has is known, whatever was named', () => {
    const mounting = stack(service('web', {volumes: [{volume: 'data', target: '/data', readOnly: false}]}));
    const history = [
      {serial: 1, at: now.toISOString(), who: 'me', action: 'apply', outcome: 'applied', summary: '', stack: mounting},
    ] as const;
    const lock = lockOf({default: state({history})});
    expect(planned(lock, {volumes: [volume({})]}, {volumes: ['default']})).toMatchObject({remove: [], kept: []});
  });

  const here = [volume({})];
  const arriving = aside({}, {what: 'arriving'});
  test.each<[string, Parameters<typeof planned>[1], Parameters<typeof planned>[2], readonly (string | undefined)[]]>([
    ['data that a restore replaced, old and replaced', {volumes: here, aside: [aside({})]}, {}, ['goes']],
    ['younger than the rule', {volumes: here, aside: [aside({}, {ageMs: 2 * day})]}, {}, ['it goes when it is 7d old']],
    [
      'of a volume that is not there',
      {aside: [aside({})]},
      {},
      ['it may be all there is: the volume itself is not there'],
    ],
    [
      'of a volume that is empty',
      {volumes: [volume({}, {empty: true})], aside: [aside({})]},
      {},
      ['it may be all there is: the volume itself is empty'],
    ],
    [
      'of an exchange that was cut off',
      {volumes: here, aside: [aside({}), arriving]},
      {},
      [
        'an exchange may have been cut off in the middle: see which data is the right one',
        'it tells that an exchange may have been cut off in the middle',
      ],
    ],
    ['of another volume', {volumes: [volume({name: 'other'})], aside: [aside({})]}, {}, ['it may be all there is']],
    ['that never arrived', {aside: [arriving]}, {}, ['goes']],
    ['a trial', {aside: [aside({}, {what: 'trial'})]}, {}, ['goes']],
    ['what may just be being made', {volumes: here, aside: [aside({}, {what: 'trial', ageMs: hour / 2})]}, {}, []],
    ['named by its environment', {aside: [aside({}), arriving]}, {volumes: ['default']}, ['goes', 'goes']],
    ['named by its volume', {aside: [aside({}), arriving]}, {volumes: ['default/data']}, ['goes', 'goes']],
    ['with another one named', {aside: [aside({})]}, {volumes: ['default/other']}, ['it may be all there is']],
    ['of a volume of an environment that is gone', {volumes: [volume(gone)], aside: [aside(gone)]}, {}, ['goes']],
    ['of an environment that is gone', {aside: [aside(gone)]}, {}, ['it may be all there is']],
    ["another project's", {aside: [aside({project: 'other'})]}, {}, []],
    ['of an environment that is being changed', {volumes: here, aside: [aside({})]}, {interrupted: ['default']}, []],
    ['with images alone', {volumes: here, aside: [aside({})]}, {only: 'images'}, []],
  ])('data beside the volumes: %s', (_, found, wishes, expected) => {
    const plan = planned(known, {containers: [container({})], ...found}, wishes);
    const of = (folder: string) => (one: object) => 'folder' in one && one.folder === folder;
    const ends = (found.aside ?? []).flatMap(({folder}) => {
      const kept = plan.kept.find(of(folder));
      if (kept) return [kept.why];
      return plan.remove.some(of(folder)) ? ['goes'] : [];
    });
    expect(ends).toEqual(expected.map(text => (text === 'goes' ? text : expect.stringContaining(text!))));
  });

  test('as long as data of an environment that is gone lies aside, the copy of its state tells of it', () => {
    const found = {aside: [aside(gone)], copies: [copy(gone)]};
    expect(removed(known, found)).toEqual([]);
    expect(planned(known, found).kept).toMatchObject([
      {
        folder: '.aside/demo.shop.gone.data.old-00000a',
        ageMs: 10 * day,
        why: expect.stringContaining('--volumes gone/data'),
      },
    ]);
  });

  test('a container of a release that goes on is in the state under another heading: it is known', () => {
    const releases = {web: {new: [{id: 'shop-default-web-1-00000b'}], old: [{id}]}};
    const lock = lockOf({default: {...state(), ...({releases} as object)}});
    expect(removed(lock, {containers: [container({}), container({id: 'shop-default-web-1-00000b'})]})).toEqual([]);
  });

  test('what belongs to an environment whose last change was interrupted is left to apply', () => {
    const found = {
      containers: [container({id: 'shop-default-web-9-00000b'})],
      leftovers: [{kind: 'bridge' as const, bridge: bridgeOf({}), subnets: []}],
    };
    const plan = planned(known, found, {interrupted: ['default']});
    expect(plan).toMatchObject({remove: [], kept: [{what: 'environment default'}]});
  });

  test('leftovers go by their owner: ours at once, those of nobody when they are old, never those of others', () => {
    const files = (of: string, old: boolean, bridge?: string) => ({
      kind: 'files' as const,
      id: of,
      old,
      ...(bridge ? {bridge} : {}),
    });
    const leftovers = [
      files('shop-default-web-1-0000aa', false),
      files('elsewhere-web-1-0000bb', false),
      files('elsewhere-web-1-0000cc', true),
      files('shop-prod-web-1-0000dd', true, bridgeOf({project: 'other', environment: 'prod'})),
      {kind: 'namespace' as const, id: 'shop-gone-web-1-0000ee', bridge: bridgeOf(gone)},
      {kind: 'namespace' as const, id: 'mine-1-0000ff', bridge: 'ny00000000'},
    ];
    const found = {
      containers: [container({})],
      leftovers,
      copies: [copy({project: 'other', environment: 'prod'}), copy(gone)],
      snapshots: ['shop-gone-web-1-0000ee', id, 'nobodys-1-0000ab'],
    };
    expect(removed(known, found)).toEqual([
      'files and network of shop-default-web-1-0000aa',
      'files and network of elsewhere-web-1-0000cc',
      'network namespace of shop-gone-web-1-0000ee',
      'file system of shop-gone-web-1-0000ee',
      'copy of the state of demo.shop.gone',
    ]);
  });

  test('with images alone, nothing else', () => {
    const found = {containers: [container(gone)], images: [image('z')]};
    expect(removed(known, {...found, copies: [copy({})]}, {only: 'images'})).toEqual(['image docker.io/library/z:1']);
  });

  test('hosts that do not answer are named, other projects counted', () => {
    const silent = {host: 'h2', reachable: false as const, error: 'no route'};
    const plan = planGc(
      inputOf(known, [host({containers: [container({}), container({project: 'other'})]})], {unreachable: [silent]}),
    );
    expect(plan).toMatchObject({
      unreachable: [{host: 'h2', error: 'no route'}],
      others: [{host: 'h1', project: 'other', containers: 1}],
    });
  });
});

describe('a state that knows too little', () => {
  const found = {containers: [container({})], copies: [copy({serial: 7})]};
  test.each([
    ['that is new', lockOf({}, {serial: 0}), 'gc-state-empty'],
    ['that is older than the copies on the hosts', lockOf({}, {serial: 6}), 'gc-state-behind'],
    ['of another salt that shares no environment', lockOf({main: state()}, {salt: 'b3RoZXI='}), 'gc-state-strange'],
  ])('%s is refused', (_, lock, code) => {
    expect(() => planned(lock, found)).toThrow(expect.objectContaining({code, exit: 1}));
  });

  test('that is older than a container of an environment which it does not know, is refused', () => {
    const containers = [container({}), container({...gone, serial: 11})];
    expect(() => planned(known, {containers})).toThrow(expect.objectContaining({code: 'gc-state-behind'}));
  });

  test('that forgot the environment itself, by env rm, is the right one', () => {
    const containers = [container(gone)];
    expect(() => planned(lockOf({}, {serial: 9}), {containers})).toThrow(
      expect.objectContaining({code: 'gc-state-strange'}),
    );
    expect(removed(lockOf({}, {serial: 9, forgotten: [gone.environment]}), {containers})).not.toEqual([]);
  });

  test('is not in the way where there is nothing of the project', () => {
    const images = [image('z')];
    const containers = [container({project: 'other'})];
    expect(removed(lockOf({}, {serial: 0}), {images, containers})).toEqual([]);
    expect(removed(lockOf({}, {serial: 0}), {images})).toEqual([]);
  });
});
