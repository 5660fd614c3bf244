import {expect, test} from 'vitest';
import {loosened, securityNotes} from '../../../src/engine/planner/security.ts';
import type {ContainerSpec} from '../../../src/engine/runtime/container-spec.ts';
import {sampleSpec} from '../runtime/sample-spec.ts';

const mount = (source: string, readOnly = false): Partial<ContainerSpec> => ({
  mounts: [{source, target: '/x', readOnly}],
});

test.each<[string, Partial<ContainerSpec>, string[]]>([
  ['nothing', {}, []],
  ['a capability', {capabilities: {add: ['NET_ADMIN'], drop: []}}, ['capability NET_ADMIN']],
  ['one that all have', {capabilities: {add: ['CHOWN', 'CAP_KILL'], drop: ['ALL']}}, []],
  ['one that is dropped by default', {capabilities: {add: ['CAP_NET_RAW'], drop: []}}, ['capability NET_RAW']],
  ['seccomp', {seccomp: 'unconfined'}, ['seccomp unconfined']],
  ['new privileges', {noNewPrivileges: false}, ['new-privileges true']],
  ['port 80', {ports: [{host: 80, container: 80, protocol: 'tcp'}]}, []],
  ['the root of the host', mount('/'), ['host-mount /']],
  ['the root, to read', mount('/', true), ['host-mount /:ro']],
  ['settings', mount('/etc'), ['host-mount /etc']],
  ['a folder of settings', mount('/etc/ssh', true), ['host-mount /etc/ssh:ro']],
  ['the time zone', mount('/etc/localtime', true), []],
  ['certificates', mount('/etc/ssl/certs', true), []],
  ["containerd's socket", mount('/run/containerd/containerd.sock'), ['host-mount /run/containerd/containerd.sock']],
  ["docker's socket", mount('/var/run/docker.sock'), ['host-mount /var/run/docker.sock']],
  ['what holds one of them', mount('/var/lib'), ['host-mount /var/lib']],
  ['what is named alike', mount('/etcetera'), []],
  ['data', mount('/srv/data'), []],
])('%s', (_, wish, expected) => {
  expect(loosened(sampleSpec(wish)).map(({what, value}) => `${what} ${value}`)).toEqual(expected);
});

const sorted = (service: string, spec: ContainerSpec | undefined, running?: ContainerSpec) =>
  ({
    bucket: 'replace',
    replica: {service, replica: 1, ...(running ? {current: {manifest: {spec: running}}} : {})},
    ...(spec ? {spec} : {}),
  }) as unknown as Parameters<typeof securityNotes>[0][number];

test('only what is new is told, once a service, however many replicas', () => {
  const loose = sampleSpec({seccomp: 'unconfined', capabilities: {add: ['SYS_ADMIN'], drop: []}});
  const before = sampleSpec({seccomp: 'unconfined'});
  expect(securityNotes([sorted('web', loose, loose), sorted('db', sampleSpec())])).toEqual([]);
  expect(
    securityNotes([sorted('web', loose, before), sorted('web', loose, before), sorted('gone', undefined)]),
  ).toEqual([{service: 'web', what: 'capability', value: 'SYS_ADMIN', text: 'has the capability SYS_ADMIN'}]);
  expect(
    securityNotes([sorted('b', loose), sorted('a', loose), sorted('b', loose)]).map(({service}) => service),
  ).toEqual(['b', 'b', 'a', 'a']);
});
