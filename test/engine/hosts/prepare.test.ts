import {describe, expect, test} from 'vitest';
import {render} from '../../../src/engine/hosts/command.ts';
import type {Connection, Output} from '../../../src/engine/hosts/connection.ts';
import type {HostFacts} from '../../../src/engine/hosts/facts.ts';
import {factsMarker} from '../../../src/engine/hosts/facts-script.ts';
import {apk} from '../../../src/engine/hosts/prepare/apk.ts';
import {aptGet} from '../../../src/engine/hosts/prepare/apt.ts';
import {dnf} from '../../../src/engine/hosts/prepare/dnf.ts';
import {missing, prepare, type Readiness, readiness} from '../../../src/engine/hosts/prepare/index.ts';

test.each([
  [
    aptGet,
    'env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l apt-get --quiet --yes --option DPkg::Lock::Timeout=60 --option Dpkg::Options::=--force-confdef --option Dpkg::Options::=--force-confold --no-install-recommends install -- containerd runc',
  ],
  [dnf, 'dnf --quiet --assumeyes --setopt=install_weak_deps=False install containerd runc'],
  [apk, 'apk add --quiet --no-progress containerd runc'],
])('$name installs without asking', (manager, line) =>
  expect(render(manager.install(['containerd', 'runc']))).toBe(line),
);

test.each([
  [
    aptGet,
    'env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l apt-get --quiet --yes --option DPkg::Lock::Timeout=60 update',
  ],
  [dnf, 'dnf --quiet makecache'],
  [apk, 'apk update --quiet'],
])('$name fetches its lists', (manager, line) => expect(render(manager.refresh)).toBe(line));

test('only apt was ever tried, and the others say so', () =>
  expect([aptGet, dnf, apk].map(({name, tried}) => [name, tried])).toEqual([
    ['apt', true],
    ['dnf', false],
    ['apk', false],
  ]));

const facts = {
  os: {id: 'debian', version: '12', name: 'Debian'},
  containerd: {version: '1.6.20', running: true},
  runc: '1.1.5',
  cniPlugins: ['bridge', 'loopback', 'portmap', 'static', 'vlan'],
  iptables: true,
} as unknown as HostFacts;
const ready: Readiness = {missingTools: [], ipForward: true, ipForwardKept: true, clock: 0};

test.each([
  ['nothing', {}, {}, []],
  ['containerd and runc', {containerd: undefined, runc: undefined}, {}, ['containerd', 'runc']],
  ['a plugin', {cniPlugins: ['bridge', 'loopback', 'portmap']}, {}, ['cni-plugins']],
  ['iptables', {iptables: false}, {}, ['iptables']],
  ['programs', {}, {missingTools: ['ip', 'perl', 'flock']}, ['iproute2', 'perl', 'util-linux']],
  ['all of iproute2 but ip', {}, {missingTools: ['bridge']}, ['iproute2']],
])('of a host that lacks %s, that is what is missing', (_, fact, tool, needs) =>
  expect(missing({...facts, ...fact}, {...ready, ...tool})).toEqual(needs),
);

test.each([
  ['missing perl\nforward 0\nclock 17\n', {missingTools: ['perl'], ipForward: false, ipForwardKept: false, clock: 17}],
  [
    'forward 1\nkept\nenabled enabled\nclock 17\n',
    {missingTools: [], ipForward: true, ipForwardKept: true, containerdEnabled: true, clock: 17},
  ],
  [
    'forward 1\nenabled \nclock 17\n',
    {missingTools: [], ipForward: true, ipForwardKept: false, containerdEnabled: false, clock: 17},
  ],
])('what a host says of its readiness is read', (text, parsed) => expect(readiness.parse(text)).toEqual(parsed));

describe('on hosts that cannot be had here', () => {
  const section = (name: string, body = '') => `\n${factsMarker}${name}\n${body}\n`;
  const bare = section('os', 'ID=fedora\nPRETTY_NAME="Fedora Linux 42"') + section('uname', '6.1 x86_64');
  const whole =
    bare +
    section('packages', 'dnf') +
    section('cni', 'bridge\nloopback\nportmap\nstatic') +
    section('iptables', '/sbin/iptables') +
    section('runc', 'runc version 1.2.3') +
    section('containerd-socket', 'Server:\n  Version:  2.0.5');

  /** A host that answers by script: facts once before installing, then those after. */
  function host(before: string, after: string) {
    const ran: string[] = [];
    let installed = false;
    const connection = {
      host: 'f1',
      async run(command): Promise<Output> {
        const line = render(command);
        ran.push(line);
        if (line.includes(' install ')) installed = true;
        const isFacts = line.includes(factsMarker);
        const stdout = isFacts
          ? installed
            ? after
            : before
          : line.includes('ip_forward; echo')
            ? 'forward 1\nkept\nenabled enabled\nclock 1\n'
            : '';
        return {code: 0, stdout, stderr: ''};
      },
    } as Pick<Connection, 'host' | 'run'> as Connection;
    return {connection, ran};
  }

  test('dnf is used, and said to be untried', async () => {
    const {connection, ran} = host(bare + section('packages', 'dnf'), whole);
    const steps = await prepare(connection);
    expect(ran).toContain(
      'dnf --quiet --assumeyes --setopt=install_weak_deps=False install containerd runc containernetworking-plugins iptables-nft',
    );
    expect(steps.map(({text}) => text)).toContainEqual(
      expect.stringContaining('dnf is written after its manual and was never tried'),
    );
    expect(steps.map(({text}) => text)).toContain('installed containerd 2.0.5');
  });

  test('a host without any known package manager is told what to install', async () => {
    const {connection, ran} = host(bare, bare);
    await expect(prepare(connection)).rejects.toMatchObject({
      code: 'no-package-manager',
      host: 'f1',
      hint: expect.stringContaining('containerd, runc, cni-plugins, iptables'),
    });
    expect(ran).toHaveLength(2);
  });

  test('packages that bring no plugins are noticed', async () => {
    const {connection} = host(bare + section('packages', 'dnf'), whole.replace('bridge\n', ''));
    await expect(prepare(connection)).rejects.toMatchObject({
      code: 'still-missing',
      message: expect.stringContaining('bridge'),
    });
  });

  test('a host that has everything is left alone', async () => {
    const {connection, ran} = host(whole, whole);
    const steps = await prepare(connection);
    expect(steps.every(({done}) => !done)).toBe(true);
    expect(ran).toHaveLength(2);
  });
});
