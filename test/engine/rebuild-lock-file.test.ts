import {describe, expect, test} from 'vitest';
import type {HostFacts} from '../../src/engine/hosts/facts.ts';
import {type RebuildContext, rebuildLockFile} from '../../src/engine/rebuild-lock-file.ts';
import type {ContainerSpec, Manifest} from '../../src/engine/runtime/container-spec.ts';
import type {ObservedHost} from '../../src/engine/runtime/observed.ts';
import {formatCopy, parseCopy} from '../../src/engine/state/environment-copy.ts';
import {formatLockFile, parseLockFile} from '../../src/engine/state/lock-file-schema.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const facts = {} as HostFacts;

interface Replica {
  readonly host?: string;
  readonly service?: string;
  readonly replica?: number;
  readonly at?: string;
  readonly project?: string;
  readonly stack?: string;
  readonly environment?: string;
  readonly image?: ContainerSpec['image'];
  readonly serial?: number;
  readonly stopped?: boolean;
}

let containers = 0;
function manifest(given: Replica): Manifest {
  const {service = 'web', replica = 1, host = 'h1'} = given;
  const id = `shop-${service}-${replica}-${++containers}`;
  const spec = {
    id,
    project: given.project ?? 'shop',
    stack: given.stack ?? 'shop',
    environment: given.environment ?? 'default',
    service,
    replica,
    host,
    image: given.image ?? {source: 'docker.io/library/web:1', name: 'docker.io/library/web:1', digest: digest('a')},
    ports: [{host: 80, container: 8080, protocol: 'tcp'}],
    network: {bridge: 'ny0', subnet: '10.89.1.0/24', gateway: '10.89.1.1', address: `10.89.1.${10 + replica}`},
  } as unknown as ContainerSpec;
  return {
    version: 1,
    spec,
    runtimeHash: 'r',
    specHash: 's',
    serial: given.serial ?? 4,
    createdAt: given.at ?? '2026-01-01T00:00:00Z',
    stopped: given.stopped ?? false,
  };
}

const host = (name: string, ...replicas: Replica[]): ObservedHost => ({
  host: name,
  reachable: true,
  facts,
  networks: [],
  images: [],
  volumes: [],
  drained: false,
  containers: replicas.map(replica => {
    const found = manifest({...replica, host: name});
    return {id: found.spec.id, manifest: found, task: 'running', restarts: 0, networkUp: true, names: []};
  }),
});

const context: RebuildContext = {
  project: 'shop',
  salt: 'c2FsdA==',
  saltKnown: false,
  serial: 2,
  copies: [],
  who: 'me@here',
  now: new Date('2026-02-03T04:05:06Z'),
};
const rebuilt = (...hosts: ObservedHost[]) => rebuiltWith([], ...hosts);
const rebuiltWith = (copies: RebuildContext['copies'], ...hosts: ObservedHost[]) => {
  const lock = rebuildLockFile(hosts, {...context, copies});
  // What is rebuilt must be what the next command takes, once written one serial higher.
  const written = {...lock, serial: lock.serial + 1};
  expect(parseLockFile(formatLockFile(written), 'f', 'shop')).toEqual(written);
  return lock;
};

test('placements, subnets and pins come back from every host', () => {
  const {serial, environments} = rebuilt(
    host('h1', {replica: 1}, {service: 'db', image: {source: 'archive:db.tar', name: 'db', digest: digest('d')}}),
    host('h2', {replica: 2, serial: 9}),
    {host: 'h3', reachable: false, error: 'no answer'},
  );
  expect(serial).toBe(9);
  const {placements, subnets, images, history} = environments.default!;
  expect(placements.web?.map(({replica, host}) => [replica, host])).toEqual([
    [1, 'h1'],
    [2, 'h2'],
  ]);
  expect(Object.keys(subnets)).toEqual(['h1', 'h2']);
  expect(images).toEqual({
    'docker.io/library/web:1': {digest: digest('a'), resolvedAt: '2026-01-01T00:00:00Z'},
    'archive:db.tar': {digest: digest('d'), resolvedAt: '2026-01-01T00:00:00Z'},
  });
  expect(history).toMatchObject([
    {serial: 10, action: 'rebuild', who: 'me@here', summary: '3 found on 2 hosts; no copy of the history'},
  ]);
});

test('in the middle of an update the newer container counts', () => {
  const image = {source: 'docker.io/library/web:1', name: 'docker.io/library/web:1', digest: digest('b')};
  const lock = rebuilt(host('h1', {at: '2026-01-02T00:00:00Z', image}, {at: '2026-01-01T00:00:00Z'}));
  expect(lock.environments.default?.placements.web).toHaveLength(1);
  expect(lock.environments.default?.images['docker.io/library/web:1']?.digest).toBe(digest('b'));
});

test('what belongs to another project is left alone', () => {
  expect(rebuilt(host('h1', {project: 'blog'})).environments).toEqual({});
});

test('environments are kept apart, and a service is stopped when all of it is', () => {
  const {environments} = rebuilt(
    host('h1', {stopped: true}, {replica: 2, stopped: true}, {environment: 'staging', stopped: true}),
    host('h2', {replica: 2, environment: 'staging'}),
  );
  expect(environments.default?.stopped).toEqual(['web']);
  expect(environments.staging?.stopped).toEqual([]);
});

test('two stacks in one environment are refused by name', () => {
  expect(() => rebuilt(host('h1', {}, {stack: 'blog', service: 'blog'}))).toThrow(/blog and shop/);
});

test('the fence is above any that was counted up', () => {
  expect(rebuilt(host('h1', {})).environments.default?.fence).toBe(context.now.getTime());
});

describe('with the copies that hosts keep', () => {
  const entry = {
    serial: 6,
    at: '2026-01-01T00:00:00Z',
    who: 'ann',
    action: 'apply',
    outcome: 'applied',
    summary: 'x',
  } as const;
  const pinned = {digest: digest('a'), key: 'files', resolvedAt: '2025-01-01T00:00:00Z'};
  const placement = {replica: 2, host: 'h2', address: '10.89.2.9', container: 'shop-web-2-x', ports: []};
  const copy = {
    project: 'shop',
    environment: 'default',
    serial: 7,
    salt: 'bmV3',
    state: {
      stack: 'shop',
      fence: 3,
      images: {'docker.io/library/web:1': pinned},
      subnets: {h1: '10.89.9.0/24', h3: '10.89.3.0/24'},
      placements: {web: [placement, {...placement, replica: 3, container: 'shop-web-3-x'}]},
      stopped: ['db', 'web'],
      history: [entry],
    },
  };

  test('history, builds, salt and what was stopped come back; of what is there manifests know better', () => {
    const {serial, salt, environments} = rebuiltWith([copy], host('h1', {replica: 1}));
    expect({serial, salt}).toEqual({serial: 7, salt: 'bmV3'});
    expect(environments.default).toMatchObject({
      images: {'docker.io/library/web:1': pinned},
      subnets: {h1: '10.89.1.0/24', h3: '10.89.3.0/24'},
      placements: {web: [{replica: 1, host: 'h1'}]},
      stopped: ['db'],
      history: [entry, {serial: 8, action: 'rebuild', summary: '1 found on 1 hosts'}],
    });
    expect(environments.default?.placements.web).toHaveLength(1);
  });

  test('a container whose manifest is lost is known by its labels, its address by the copy', () => {
    const identity = {project: 'shop', stack: 'shop', environment: 'default', service: 'web', replica: 2};
    const container = {id: 'shop-web-2-x', identity, task: 'running', restarts: 0, networkUp: true, names: []} as const;
    const silent = {...(host('h2') as Extract<ObservedHost, {reachable: true}>), containers: [container]};
    const {environments} = rebuiltWith([copy], host('h1', {replica: 1}), silent);
    expect(environments.default?.placements.web).toMatchObject([{replica: 1, host: 'h1'}, placement]);
    expect(environments.default?.history.at(-1)?.summary).toBe('2 found on 2 hosts, 1 of them without a manifest');
    expect(rebuilt(silent).environments.default).toMatchObject({stack: 'shop', placements: {}});
  });

  test('the salt of a lock file that could still be told wins', () => {
    const lock = rebuildLockFile([host('h1', {})], {...context, saltKnown: true, copies: [copy]});
    expect(lock.salt).toBe(context.salt);
  });

  test('encrypted secrets of the old lock file stay: no host knows them', () => {
    const secrets = {recipients: ['age1qqqq'], values: {}, environments: {}};
    expect(rebuildLockFile([host('h1', {})], {...context, secrets}).secrets).toEqual(secrets);
    expect(rebuildLockFile([host('h1', {})], context)).not.toHaveProperty('secrets');
  });

  test('a copy is one line, holds the newest history, and one that is torn or newer is not taken', () => {
    const history = Array.from({length: 60}, (_, index) => ({
      ...entry,
      serial: index + 1,
      stack: {services: []} as never,
    }));
    const state = {...copy.state, history};
    const text = formatCopy(
      {version: 1, project: 'shop', serial: 60, salt: 'bmV3', environments: {default: state}},
      'default',
    );
    expect(text.match(/\n/g)).toHaveLength(1);
    const read = parseCopy(text)!;
    expect(read).toMatchObject({project: 'shop', environment: 'default', serial: 60, salt: 'bmV3'});
    expect(read.state.history.map(one => one.serial)).toEqual(history.slice(10).map(one => one.serial));
    expect(read.state.history.filter(one => one.stack).map(one => one.serial)).toEqual([56, 57, 58, 59, 60]);
    expect(parseCopy(text.slice(0, -20))).toBeUndefined();
    expect(parseCopy(text.replace('"version":1', '"version":2'))).toBeUndefined();
  });
});
