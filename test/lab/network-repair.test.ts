import {beforeAll, expect, test} from 'vitest';
import {labHosts} from '../../src/engine/lab/index.ts';
import {sharedLab} from './harness/index.ts';
import {ask, Networked, stackOf, web} from './networking.ts';

const lab = sharedLab({hosts: 3});
let net: Networked;
const stack = stackOf(web('db', 'placement: {require: {host: h1}}'), web('web', 'placement: {require: {host: h2}}'));

/** A host of the lab in niyanta.yaml, written out. */
const keysOf = (name: string, address: string, more = '') => {
  const {identityFile, hostKey} = labHosts(lab().lab).find(host => host.name === name)!;
  return `  ${name}: {address: ${address}, user: root, identityFile: ${identityFile}, hostKey: "${hostKey}"${more}}\n`;
};
const projectOf = (other: Readonly<Record<string, string>> = {}) => {
  const hosts = lab().lab.hosts.map(({name, address}) => other[name] ?? keysOf(name, address));
  return `apiVersion: niyanta/v1\nkind: Project\nname: test\nhosts:\n${hosts.join('')}`;
};
const hears = async () => [await net.inside('web', ask('db')), await net.inside('db', ask('web'))];
const works = ['hello', 'hello'];
const device = async (host: string) => (await lab().sh(host, 'ls /sys/class/net | grep ^nv')).trim();
const containers = async () =>
  (await net.replicas()).map(({service, host, address}) => `${service} ${host} ${address}`);
const startedAt = async () =>
  JSON.parse(await net.ok(['ps', '--json'])).replicas.map((one: {startedAt: string}) => one.startedAt);

beforeAll(async () => {
  net = await Networked.of(lab(), stack);
  await net.project.write('niyanta.yaml', projectOf());
  await net.apply();
  expect(await hears()).toEqual(works);
});

test.each<[string, string, RegExp]>([
  ['a deleted device', 'ip link del $nv', /network@h2: .*device nv\w+ is missing/],
  [
    'rules of the firewall, flushed',
    'iptables -F; iptables -t nat -F NIYANTA-POSTROUTING',
    /network@h2: .*rules of the firewall were changed/,
  ],
  [
    'another way to a peer',
    'bridge fdb replace $(bridge fdb show dev $nv | cut -d" " -f1) dev $nv dst 10.255.0.1',
    /network@h2: .*forwarding to h1 is missing/,
  ],
  ['a route taken away', 'ip route flush dev $nv', /network@h2: .*route to h1 is missing/],
  ['packets of another size', 'ip link set $nv mtu 1200', /network@h2: .*MTU of nv\w+ is 1200/],
])('found and repaired, with containers running on: %s', async (_, change, told) => {
  const before = [await containers(), await startedAt()];
  await lab().sh('h2', `nv=${await device('h2')}; ${change}`);
  const planned = await net.planned();
  expect(planned.join('\n')).toMatch(told);
  await net.apply();
  expect(await net.planned()).toEqual([]);
  expect([await containers(), await startedAt()]).toEqual(before);
  expect(await hears()).toEqual(works);
});

test('a host that changes its address is followed, with containers running on', async () => {
  const before = [await containers(), await startedAt()];
  const old = lab().host('h2').address;
  const now = old.replace(/\d+$/, '112');
  await lab().sh('h2', `ip address del ${old}/24 dev eth0; ip address add ${now}/24 dev eth0`);
  await net.project.write('niyanta.yaml', projectOf({h2: keysOf('h2', now)}));
  expect(await net.planned()).toEqual([
    'update network@h1: address of h2 changed',
    'update network@h2: its address changed',
  ]);
  await net.apply();
  expect(await hears()).toEqual(works);
  expect([await containers(), await startedAt()]).toEqual(before);
  expect(await lab().sh('h1', 'bridge fdb; iptables-save')).not.toContain(`${old}`);
  await lab().sh('h2', `ip address add ${old}/24 dev eth0`);
  // Both are its own now; the second network is for containers.
  await net.project.write('niyanta.yaml', projectOf({h2: keysOf('h2', old, `, networkAddress: ${now}`)}));
  expect(await net.planned()).toEqual([]);
  await net.project.write('niyanta.yaml', projectOf({h2: keysOf('h2', old, ', networkAddress: 192.0.2.1')}));
  const refused = await net.project.niyanta(['plan']);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('host h2 has no address 192.0.2.1');
  await net.project.write('niyanta.yaml', projectOf());
  await net.apply();
  expect(await hears()).toEqual(works);
});

test('a smaller link that joins makes the packets of all containers smaller, while they run', async () => {
  const before = await startedAt();
  await lab().sh('h3', 'ip link set eth0 mtu 1400');
  const sizes = async (host: string, part: string) =>
    (
      await lab().sh(
        host,
        `for d in /sys/class/net/n[vy]*/mtu; do cat $d; done; ip netns exec ${await net.id(host, part)} cat /sys/class/net/eth0/mtu; grep -o '"mtu":[0-9]*' /var/lib/niyanta/networks/*/bridge.json`,
      )
    ).match(/\d{4}\b/g);
  expect(await sizes('h1', '-db-')).toEqual(['1450', '1450', '1450', '1450']);
  expect(await net.planned()).toEqual(['h1', 'h2'].map(host => `update network@${host}: packets may have 1350 bytes`));
  await net.apply();
  expect(await sizes('h1', '-db-')).toEqual(['1350', '1350', '1350', '1350']);
  expect(await sizes('h2', '-web-')).toEqual(['1350', '1350', '1350', '1350']);
  expect(await startedAt()).toEqual(before);
  expect(await hears()).toEqual(works);
  await lab().reboot('h1');
  await expect.poll(hears, {timeout: 30_000}).toEqual(works);
  expect(await sizes('h1', '-db-')).toEqual(['1350', '1350', '1350', '1350']);
});

test('a host that forwards nothing by default, as with Docker, lets containers through all the same', async () => {
  await lab().sh('h2', 'iptables -P FORWARD DROP');
  expect(await hears()).toEqual(works);
  expect(await net.inside('web', `nc -w 2 ${lab().host('h3').address} 22 </dev/null`)).toContain('SSH-2.0');
});
