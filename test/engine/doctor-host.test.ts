import {expect, test} from 'vitest';
import {checkHost} from '../../src/engine/doctor-host.ts';
import {checkNode} from '../../src/engine/doctor-machine.ts';
import type {HostFacts, Readiness} from '../../src/engine/hosts/index.ts';
import type {LookedAt} from '../../src/engine/look-at-host.ts';
import {toolkitHash} from '../../src/engine/runtime/toolkit/index.ts';
import {OutsideError} from '../../src/engine/spec/errors.ts';

const host = {
  name: 'h1',
  local: false,
  address: '10.0.0.1',
  hostKey: 'SHA256:x',
  sudo: false,
  connectTimeoutMs: 1,
  labels: {},
  drain: false,
};
const facts: HostFacts = {
  os: {id: 'debian', version: '12', name: 'Debian'},
  kernel: '6.1',
  architecture: 'amd64',
  cpus: 2,
  memory: 2 ** 32,
  disk: {total: 2 ** 36, free: 2 ** 35},
  cgroup: 'v2',
  containerd: {version: '1.6.20', running: true},
  runc: '1.1.5',
  cniPlugins: ['bridge', 'loopback', 'portmap', 'static'],
  iptables: true,
  init: 'systemd',
  packageManager: 'apt',
  listening: [],
  routes: [],
  addresses: [],
};
const readiness: Readiness = {
  missingTools: [],
  ipForward: true,
  ipForwardKept: true,
  containerdEnabled: true,
  clock: 0,
};
const good = {host, facts, readiness, toolkit: toolkitHash, containers: 0, clockSkew: 0};
const wrong = (looked: LookedAt) => checkHost(looked).filter(({status}) => status !== 'ok');

test('a host that has everything is in order', () => expect(wrong(good)).toEqual([]));

const prepare = 'niyanta host prepare h1';
test.each([
  ['no containerd', {facts: {...facts, containerd: undefined}}, 'containerd', 'failed', 'not installed', prepare],
  [
    'a containerd that does not run',
    {facts: {...facts, containerd: {version: '1.7.1', running: false}}},
    'containerd',
    'failed',
    '1.7.1, not running',
    prepare,
  ],
  ['no runc', {facts: {...facts, runc: undefined}}, 'runc', 'failed', 'not installed', prepare],
  [
    'a plugin missing',
    {facts: {...facts, cniPlugins: ['bridge', 'loopback', 'static']}},
    'CNI plugins',
    'failed',
    'no portmap',
    prepare,
  ],
  ['no iptables', {facts: {...facts, iptables: false}}, 'iptables', 'failed', 'not installed', prepare],
  [
    'no perl',
    {readiness: {...readiness, missingTools: ['perl']}},
    'programs that its scripts need',
    'failed',
    'no perl',
    prepare,
  ],
  ['no forwarding', {readiness: {...readiness, ipForward: false}}, 'net.ipv4.ip_forward', 'failed', 'off', prepare],
  [
    'forwarding for now',
    {readiness: {...readiness, ipForwardKept: false}},
    'net.ipv4.ip_forward',
    'warning',
    'on until the next boot',
    prepare,
  ],
  [
    'a full disk',
    {facts: {...facts, disk: {total: 2 ** 36, free: 2 ** 29}}},
    'disk',
    'failed',
    '0.5 GiB free of 64.0 GiB under /var/lib',
    'Make room under /var/lib on h1',
  ],
  ['a clock behind', {clockSkew: -90}, 'clock', 'failed', '90 s behind', 'Set the clock of h1'],
  ['old scripts', {toolkit: 'old'}, "niyanta's scripts", 'warning', 'of another version', prepare],
  ['no scripts', {toolkit: undefined}, "niyanta's scripts", 'warning', 'not installed', prepare],
])('%s is told, with its fix', (_, other, check, status, found, fix) => {
  expect(wrong({...good, ...other} as LookedAt)).toEqual([
    {subject: 'host h1', check, status, found: expect.stringContaining(found), fix: expect.stringContaining(fix)},
  ]);
});

test('a clock that is a little off is not', () => expect(wrong({...good, clockSkew: 20})).toEqual([]));

test.each([
  ['host-unreachable', 'reachable', 'sshd runs there'],
  ['host-key-changed', 'usable', 'as the error says'],
])('a host that could not be looked at (%s) is one failure', (code, check, fix) => {
  const error = new OutsideError({code, message: 'h1: no', hint: 'Do as the error says.'});
  expect(checkHost({host, error})).toEqual([
    {subject: 'host h1', check, status: 'failed', found: 'h1: no', fix: expect.stringContaining(fix)},
  ]);
});

test.each([
  ['22.18.0', 'ok'],
  ['24.1.0', 'ok'],
  ['22.17.9', 'failed'],
  ['20.19.0', 'failed'],
])('Node %s: %s', (version, status) => expect(checkNode(version).status).toBe(status));
