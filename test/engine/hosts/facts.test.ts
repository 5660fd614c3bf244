import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import {expect, test} from 'vitest';
import {factsMarker, factsScript} from '../../../src/engine/hosts/facts-script.ts';
import {parseFacts} from '../../../src/engine/hosts/parse-facts.ts';
import {parseSockets, parseSocketTable} from '../../../src/engine/hosts/parse-sockets.ts';

/** What the script prints on a Debian 12 host with everything; sections can be replaced or left out. */
const debian: Readonly<Record<string, string>> = {
  os: 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\nHOME_URL="https://www.debian.org/"',
  uname: '6.1.0-18-amd64 x86_64',
  cpus: '4',
  memory: '8042752',
  disk: 'Filesystem     1024-blocks     Used Available Capacity Mounted on\n/dev/vda1         30787492  9102932  20095312      32% /',
  cgroup: 'v2',
  init: 'systemd',
  packages: 'apt-get',
  iptables: '/usr/sbin/iptables',
  cni: 'bridge\nloopback\nportmap\nstatic',
  'containerd-socket':
    'Client:\n  Version:  1.6.20~ds1\n  Revision: 1.6.20~ds1-1+deb12u1\n  Go version: go1.19.8\n\nServer:\n  Version:  1.7.2~ds2\n  Revision: x\n  UUID: 0e5b',
  runc: 'runc version 1.1.5+ds1\ncommit: 1.1.5+ds1-1+deb12u1\nspec: 1.0.2-dev\ngo: go1.19.8',
  routes:
    'default via 10.0.0.1 dev eth0 \n10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.5 \nblackhole 10.99.0.0/16 \n192.168.7.7 via 10.0.0.9 dev eth0',
  addresses:
    '2: eth0    inet 10.0.0.5/24 brd 10.0.0.255 scope global dynamic eth0\\       valid_lft 40sec preferred_lft 40sec\n3: wg0    inet 192.168.7.1 peer 192.168.7.7/32 scope global wg0',
  mtus: 'eth0 9001\nlo 65536',
  sockets: 'tcp   LISTEN 0      128          0.0.0.0:22         0.0.0.0:*    users:(("sshd",pid=612,fd=3))',
};
const printed = (sections: Readonly<Record<string, string | undefined>>): string =>
  Object.entries({...sections, end: ''})
    .flatMap(([name, body]) => (body === undefined ? [] : [`\n${factsMarker}${name}\n${body}\n`]))
    .join('');

test('a host with everything', () => {
  expect(parseFacts(`earlier output\n${printed(debian)}later output`)).toEqual({
    os: {id: 'debian', version: '12', name: 'Debian GNU/Linux 12 (bookworm)'},
    kernel: '6.1.0-18-amd64',
    architecture: 'amd64',
    cpus: 4,
    memory: 8042752 * 1024,
    disk: {total: 30787492 * 1024, free: 20095312 * 1024},
    cgroup: 'v2',
    containerd: {version: '1.7.2', running: true},
    runc: '1.1.5',
    cniPlugins: ['bridge', 'loopback', 'portmap', 'static'],
    iptables: true,
    init: 'systemd',
    packageManager: 'apt',
    listening: [{protocol: 'tcp', address: '0.0.0.0', port: 22, process: 'sshd'}],
    routes: ['10.0.0.0/24', '10.99.0.0/16', '192.168.7.7/32'],
    addresses: [
      {address: '10.0.0.5', device: 'eth0', mtu: 9001},
      {address: '192.168.7.1', device: 'wg0', mtu: 1500},
    ],
    defaultAddress: '10.0.0.5',
  });
});

test('a bare host of another distribution and machine', () => {
  const facts = parseFacts(
    printed({
      ...debian,
      os: "ID='alpine'\nVERSION_ID=3.20.1",
      uname: '6.6.31-0-virt aarch64',
      cgroup: 'hybrid',
      init: 'other',
      packages: 'apk',
      iptables: '',
      cni: '',
      'containerd-socket': undefined,
      runc: undefined,
      sockets: undefined,
      'socket-table-tcp6':
        '  sl  local_address                         remote_address                        st tx_queue rx_queue\n   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000',
    }),
  );
  expect(facts).toMatchObject({
    os: {id: 'alpine', version: '3.20.1', name: 'alpine'},
    architecture: 'arm64',
    cgroup: 'hybrid',
    cniPlugins: [],
    iptables: false,
    init: 'other',
    packageManager: 'apk',
    listening: [{protocol: 'tcp', address: '::', port: 22}],
  });
  expect(facts).not.toHaveProperty('containerd');
  expect(facts).not.toHaveProperty('runc');
});

test.each([
  ['v1', 'v1'],
  ['hybrid', 'hybrid'],
  ['v2', 'v2'],
])('cgroup %s', (said, cgroup) => expect(parseFacts(printed({...debian, cgroup: said})).cgroup).toBe(cgroup));

test.each([
  [
    'runs',
    {'containerd-socket': 'Client:\n  Version:  2.1.4\n\nServer:\n  Version:  v2.1.4'},
    {version: '2.1.4', running: true},
  ],
  [
    'is there and does not run',
    {
      'containerd-socket': undefined,
      'containerd-binary': 'containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u1',
    },
    {version: '1.6.20', running: false},
  ],
  [
    'does not answer on its socket',
    {
      'containerd-socket': 'Client:\n  Version:  1.6.20',
      'containerd-binary': 'containerd containerd.io 1.7.27 05044ec',
    },
    {version: '1.7.27', running: false},
  ],
  ['is not there', {'containerd-socket': undefined}, undefined],
])('containerd %s', (_, sections, containerd) =>
  expect(parseFacts(printed({...debian, ...sections})).containerd).toEqual(containerd),
);

test('routes without ip: from the kernel’s table', () => {
  const table =
    'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\neth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\neth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0';
  expect(parseFacts(printed({...debian, routes: undefined, 'route-table': table})).routes).toEqual(['10.0.0.0/24']);
});

test('listening sockets as ss prints them', () => {
  const text = [
    'udp   UNCONN 0      0      127.0.0.53%lo:53         0.0.0.0:*    users:(("systemd-resolve",pid=399,fd=13))',
    'tcp   LISTEN 0      4096               *:9090             *:*    users:(("prometheus",pid=1,fd=7),("x",pid=2,fd=7))',
    'tcp   LISTEN 0      128             [::]:22            [::]:*',
    'tcp   LISTEN 0      128   [fe80::1]%eth0:80            [::]:*',
    'tcp   LISTEN 0      128        127.0.0.1:631        0.0.0.0:*    users:(("a b",pid=3,fd=4))',
    'tcp   LISTEN 0      128        127.0.0.1:631        0.0.0.0:*    users:(("a b",pid=3,fd=4))',
    '',
  ].join('\n');
  expect(parseSockets(text)).toEqual([
    {protocol: 'tcp', address: '::', port: 22},
    {protocol: 'udp', address: '127.0.0.53', port: 53, process: 'systemd-resolve'},
    {protocol: 'tcp', address: 'fe80::1', port: 80},
    {protocol: 'tcp', address: '127.0.0.1', port: 631, process: 'a b'},
    {protocol: 'tcp', address: '::', port: 9090, process: 'prometheus'},
  ]);
});

test('GPUs of NVIDIA: by number, with the name that the driver gives them', () => {
  const information = (minor: number, model: string) =>
    `Model: \t\t ${model}\nIRQ:   \t\t 32\nDevice Minor: \t ${minor}`;
  const gpus = ['device /dev/nvidia10', 'device /dev/nvidia2', information(2, 'NVIDIA A100-SXM4-40GB')].join('\n');
  expect(parseFacts(printed({...debian, gpus})).gpus).toEqual([
    {device: '/dev/nvidia2', kind: 'NVIDIA A100-SXM4-40GB'},
    {device: '/dev/nvidia10'},
  ]);
  expect(parseFacts(printed(debian)).gpus).toBeUndefined();
});

test('listening sockets from the kernel’s tables: only those that listen', () => {
  const row = (local: string, state: string) => `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000`;
  const tcp = ['  sl  local_address rem_address   st', row('0100007F:1F90', '0A'), row('0100007F:D431', '01')].join(
    '\n',
  );
  expect(parseSocketTable('tcp', tcp)).toEqual([{protocol: 'tcp', address: '127.0.0.1', port: 8080}]);
  expect(parseSocketTable('udp', row('00000000:0035', '07'))).toEqual([
    {protocol: 'udp', address: '0.0.0.0', port: 53},
  ]);
  expect(parseSocketTable('tcp6', row('B80D0120000000000000000001000000:0050', '0A'))).toEqual([
    {protocol: 'tcp', address: '2001:db8::1', port: 80},
  ]);
});

const onLinux = process.platform === 'linux' ? test : () => undefined;

onLinux('the script says of this machine what Node says of it', async () => {
  const {stdout} = await promisify(execFile)('/bin/sh', ['-c', factsScript]);
  const os = await import('node:os');
  const facts = parseFacts(stdout);
  expect(facts.kernel).toBe(os.release());
  expect(facts.cpus).toBe(os.availableParallelism());
  expect(facts.architecture).toBe({x64: 'amd64', arm64: 'arm64'}[process.arch as string]);
  expect(facts.disk.total).toBeGreaterThan(facts.disk.free);
  expect(facts.memory).toBeGreaterThan(0);
});
