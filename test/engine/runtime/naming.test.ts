import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {ContainerSpec} from '../../../src/engine/runtime/container-spec.ts';
import {networkFiles} from '../../../src/engine/runtime/containers/network-files.ts';
import {runtimeHash, specHash} from '../../../src/engine/runtime/hashes.ts';
import {naming} from '../../../src/engine/runtime/naming.ts';
import {sampleSpec} from './sample-spec.ts';

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,61}[a-z0-9]$/);
const scope = fc.record({project: name, stack: name, environment: name});
const replicaOf = fc.record({
  project: name,
  stack: name,
  environment: name,
  service: name,
  replica: fc.integer({min: 1, max: 999}),
  distinction: fc.stringMatching(/^[0-9a-f]{6}$/),
});

test('an id says whose it is, where that is short enough', () => {
  const of = {
    project: 'p',
    stack: 'shop',
    environment: 'default',
    service: 'backend',
    replica: 2,
    distinction: '1a2b3c',
  };
  expect(naming.containerId(of)).toBe('shop-default-backend-2-1a2b3c');
  const long = naming.containerId({...of, service: 'b'.repeat(63), stack: 's'.repeat(40)});
  expect(long).toMatch(/^s{40}-default-b+-[0-9a-f]{8}-2-1a2b3c$/);
  expect(long).toHaveLength(76);
});

test('ids fit into containerd, and those of two replicas are never the same', () => {
  fc.assert(
    fc.property(replicaOf, replicaOf, (one, other) => {
      const ids = [one, other, {...one, replica: one.replica + 1}, {...one, service: `${one.service}x`}].map(
        naming.containerId,
      );
      for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,74}[A-Za-z0-9])$/);
      expect(new Set([ids[0], ids[2], ids[3]]).size).toBe(3);
    }),
  );
});

test('bridges fit into a device name, and differ by environment, as folders of volumes do', () => {
  fc.assert(
    fc.property(scope, scope, (one, other) => {
      fc.pre(JSON.stringify(Object.values(one)) !== JSON.stringify(Object.values(other)));
      expect(naming.bridge(one)).toMatch(/^ny[0-9a-f]{8}$/);
      expect(naming.bridge(one)).not.toBe(naming.bridge(other));
      expect(naming.volumePath(one, 'data')).not.toBe(naming.volumePath(other, 'data'));
    }),
  );
  expect(naming.volumePath({project: 'p', stack: 's', environment: 'e'}, 'data')).toBe(
    '/var/lib/niyanta/volumes/p.s.e/data',
  );
});

const port = {host: 80, container: 8080, protocol: 'tcp' as const};
test.each<[string, Partial<ContainerSpec>, 'a new container' | 'a new manifest' | 'nothing']>([
  ['env', {env: {A: 'b'}}, 'a new container'],
  ['a secret', {secrets: {a: 'b'}}, 'a new container'],
  ['the command', {command: ['a']}, 'a new container'],
  ['the entrypoint', {entrypoint: ['a']}, 'a new container'],
  ['sizes of logs', {logs: {maxSize: 1 << 20, maxFiles: 1}}, 'a new container'],
  ['the folder', {workdir: '/a'}, 'a new container'],
  ['the user', {user: '1'}, 'a new container'],
  ['a volume', {volumes: [{volume: 'a', source: '/a', target: '/b', readOnly: false}]}, 'a new container'],
  ['a mount', {mounts: [{source: '/a', target: '/b', readOnly: false}]}, 'a new container'],
  ['a port', {ports: [port]}, 'a new container'],
  ['readOnly', {readOnly: true}, 'a new container'],
  ['capabilities', {capabilities: {add: [], drop: ['ALL']}}, 'a new container'],
  ['seccomp', {seccomp: 'unconfined'}, 'a new container'],
  ['noNewPrivileges', {noNewPrivileges: false}, 'a new container'],
  ['a limit', {resources: {cpu: 1}}, 'a new container'],
  ['restart', {restart: 'never'}, 'a new container'],
  ['the image', {image: {...sampleSpec().image, digest: `sha256:${'b'.repeat(64)}`}}, 'a new container'],
  ['the name of the same image', {image: {...sampleSpec().image, source: 'shop/backend:latest'}}, 'a new manifest'],
  [
    'health',
    {health: {check: {kind: 'tcp', port: 1}, intervalMs: 1, timeoutMs: 1, retries: 1, startPeriodMs: 0}},
    'a new manifest',
  ],
  ['stop', {stop: {signal: 'SIGINT', graceMs: 1}}, 'a new manifest'],
  ['labels', {labels: {a: 'b'}}, 'a new manifest'],
  ['the host', {host: 'h9'}, 'nothing'],
  ['the id', {id: 'x'}, 'nothing'],
  ['the address', {network: {...sampleSpec().network, address: '10.89.3.8'}}, 'nothing'],
])('another value of %s needs %s', (_, wish, needs) => {
  const [before, after] = [sampleSpec(), sampleSpec(wish)];
  expect(runtimeHash(after) === runtimeHash(before)).toBe(needs !== 'a new container');
  expect(specHash(after) === specHash(before)).toBe(needs === 'nothing');
});

test('hashes do not depend on the order of keys', () => {
  expect(runtimeHash(sampleSpec({env: {A: '1', B: '2'}}))).toBe(runtimeHash(sampleSpec({env: {B: '2', A: '1'}})));
});

test('the network of a container, as CNI reads it', () => {
  const files = networkFiles(
    sampleSpec({ports: [port, {host: 53, container: 53, protocol: 'udp', address: '10.0.0.1'}]}),
  );
  expect([...files.keys()]).toEqual(['address', 'bridge', 'bridge.json', 'portmap.json']);
  expect([files.get('address'), files.get('bridge')]).toEqual(['10.89.3.7\n', 'ny01234567 10.89.3.0/24\n']);
  const shared = {cniVersion: '0.4.0', name: 'ny01234567'};
  expect(JSON.parse(files.get('bridge.json')!)).toEqual({
    ...shared,
    type: 'bridge',
    bridge: 'ny01234567',
    isGateway: true,
    hairpinMode: true,
    runtimeConfig: {mac: '02:6e:0a:59:03:07'},
    ipam: {type: 'static', addresses: [{address: '10.89.3.7/24', gateway: '10.89.3.1'}], routes: [{dst: '0.0.0.0/0'}]},
  });
  expect(JSON.parse(files.get('portmap.json')!)).toMatchObject({
    ...shared,
    type: 'portmap',
    runtimeConfig: {
      portMappings: [
        {hostPort: 80, containerPort: 8080, protocol: 'tcp'},
        {hostPort: 53, containerPort: 53, protocol: 'udp', hostIP: '10.0.0.1'},
      ],
    },
    prevResult: {ips: [{address: '10.89.3.7/24', gateway: '10.89.3.1', interface: 0, version: '4'}]},
  });
  expect([...networkFiles(sampleSpec()).keys()]).not.toContain('portmap.json');
});
