import {expect, test} from 'vitest';
import {place} from '../../../src/engine/scheduler/place.ts';
import type {PlacementRequest} from '../../../src/engine/scheduler/request.ts';
import {ask, disks, host, mebibyte, port, service, three, two, where} from './requests.ts';

test.each<[string, PlacementRequest, string]>([
  ['replicas spread over hosts', ask(three, service('a', 3)), 'a1@h1 a2@h2 a3@h3'],
  [
    'services that have nothing to do with each other spread too',
    ask(two, service('a', 1), service('b', 1)),
    'a1@h1 b1@h2',
  ],
  ['a required label', ask(disks, service('a', 2, {rules: {require: {disk: 'ssd'}}})), 'a1@h2 a2@h2'],
  ['a required host', ask(three, service('a', 1, {rules: {require: {host: 'h3'}}})), 'a1@h3'],
  ['a preferred label', ask(disks, service('a', 1, {rules: {prefer: [{match: {disk: 'ssd'}, weight: 5}]}})), 'a1@h2'],
  [
    'a preference that is stronger than the spread',
    ask(disks, service('a', 2, {rules: {prefer: [{match: {disk: 'ssd'}, weight: 50}]}})),
    'a1@h2 a2@h2',
  ],
  ['spread over a label', ask(disks, service('a', 2, {rules: {spread: 'disk'}})), 'a1@h1 a2@h2'],
  [
    'a service to be avoided',
    ask(two, service('a', 2), service('b', 1, {rules: {avoid: [{service: 'a'}]}})),
    'a1@h1 a2@h2 b1@h1',
  ],
  [
    'a service to be avoided, with a host left',
    ask(three, service('a', 2), service('b', 1, {rules: {avoid: [{service: 'a'}]}})),
    'a1@h1 a2@h2 b1@h3',
  ],
  [
    'the avoided one placed second keeps away as well',
    ask(two, service('a', 1, {rules: {avoid: [{service: 'b'}]}}), service('b', 1)),
    'a1@h1 b1@h2',
  ],
  ['a host in drain', ask([host('h1', {drained: true}), host('h2')], service('a', 1, {present: ['h1']})), 'a1@h2'],
  [
    'what runs stays, whatever the scores say',
    ask(disks, service('a', 2, {present: ['h3', 'h3'], rules: {prefer: [{match: {disk: 'ssd'}, weight: 99}]}})),
    'a1@h3 a2@h3',
  ],
  [
    'callers spread, wherever what they need is',
    ask(three, service('db', 1), service('web', 3, {needs: ['db']})),
    'db1@h1 web1@h2 web2@h3 web3@h1',
  ],
  [
    'a caller far from what it needs, where its labels are',
    ask(disks, service('db', 1), service('web', 1, {needs: ['db'], rules: {require: {disk: 'ssd'}}})),
    'db1@h1 web1@h2',
  ],
  [
    'a new need moves nobody',
    ask(two, service('db', 1, {present: ['h1']}), service('web', 2, {needs: ['db'], present: ['h1', 'h2']})),
    'db1@h1 web1@h1 web2@h2',
  ],
  [
    'a volume keeps its host',
    ask([host('h1'), host('h2', {volumes: ['rows']})], service('db', 1, {volumes: ['rows']})),
    'db1@h2',
  ],
  [
    'all that mount one volume are together',
    ask(two, service('a', 2, {volumes: ['files']}), service('b', 1, {volumes: ['files']})),
    'a1@h1 a2@h1 b1@h1',
  ],
  [
    'a volume may be left when told',
    ask(
      [host('h1'), host('h2', {volumes: ['rows'], drained: true})],
      service('db', 1, {volumes: ['rows'], rules: {allowMove: true}}),
    ),
    'db1@h1',
  ],
  ['a port only once a host', ask(two, service('a', 2, {ports: [port]})), 'a1@h1 a2@h2'],
  [
    'a port that another process holds',
    ask(
      [host('h1', {ports: [{protocol: 'tcp', port: 80, by: 'nginx'}]}), host('h2')],
      service('a', 1, {ports: [port]}),
    ),
    'a1@h2',
  ],
  [
    'room made by moving what runs, when nothing else helps',
    ask(
      disks,
      service('a', 1, {present: ['h2'], resources: {cpu: 2}}),
      service('b', 1, {resources: {cpu: 2}, rules: {require: {disk: 'ssd'}}}),
    ),
    'a1@h1 b1@h2',
  ],
])('%s', (_, request, expected) => expect(where(request)).toBe(expected));

test.each<[string, PlacementRequest, RegExp]>([
  [
    'memory',
    ask(
      [host('h1', {reserved: {cpu: 0, memory: 924 * mebibyte}})],
      service('a', 1, {resources: {memory: 256 * mebibyte}}),
    ),
    /h1: needs 256 MiB, 100 MiB free/,
  ],
  [
    'CPU',
    ask([host('h1')], service('a', 5, {resources: {cpu: 0.5}})),
    /a 5 cannot be placed.*\n {2}h1: needs 0.5 CPU, 0 CPU free/,
  ],
  [
    'a label that no host has',
    ask(disks, service('a', 1, {rules: {require: {disk: 'tape'}}})),
    /h1: requires disk=tape, has disk=hdd\n {2}h2: requires disk=tape, has disk=ssd/,
  ],
  [
    'one port, more replicas than hosts',
    ask(two, service('a', 3, {ports: [port]})),
    /a 3 .*\n {2}h1: port 80\/tcp is taken by a 1\n {2}h2: port 80\/tcp is taken by a 2/,
  ],
  [
    'data on a host in drain',
    ask(
      [host('h1', {drained: true, volumes: ['rows']}), host('h2')],
      service('db', 1, {volumes: ['rows'], present: ['h1']}),
    ),
    /h1: in drain\n {2}h2: volume rows is on h1/,
  ],
  [
    'what containerd cannot do',
    ask([host('h1', {unsupported: {a: ['containerd 1.6.20 cannot override the user']}})], service('a', 1)),
    /h1: containerd 1.6.20 cannot override the user/,
  ],
  ['no hosts', ask([], service('a', 1)), /the project has no hosts/],
])('refused, host by host: %s', (_, request, message) => {
  expect(() => place(request)).toThrow(
    expect.objectContaining({code: 'unplaceable', message: expect.stringMatching(message)}),
  );
});

test('a refusal says what to do', () => {
  const ports = ask(two, service('a', 3, {ports: [port]}));
  expect(() => place(ports)).toThrow(expect.objectContaining({hint: expect.stringContaining('services.a.replicas')}));
  const drained = ask([host('h1', {drained: true})], service('db', 1, {volumes: ['rows']}));
  expect(() => place(drained)).toThrow(
    expect.objectContaining({hint: expect.stringContaining('niyanta host undrain h1')}),
  );
});

test('every placement says why here, and of every other host why not', () => {
  const [db, web] = place(
    ask(disks, service('db', 1, {rules: {require: {disk: 'ssd'}}}), service('web', 1, {needs: ['db']})),
  ).placements;
  expect(db).toMatchObject({because: 'the only host that fits'});
  expect(web).toMatchObject({
    host: 'h1',
    because: 'spread over host',
    rejected: [
      {host: 'h2', reason: 'fits, but has more of this stack than h1', fits: true},
      {host: 'h3', reason: 'fits as well as h1, whose name comes first', fits: true},
    ],
  });
});

test('beside an avoided service only for want of another host, and said', () => {
  const [, b] = place(
    ask([host('h1')], service('a', 1), service('b', 1, {rules: {avoid: [{service: 'a'}]}})),
  ).placements;
  expect(b).toMatchObject({host: 'h1', because: expect.stringContaining('beside a for want of another')});
});
