import {beforeAll, describe, expect, test} from 'vitest';
import {sharedLab} from './harness/index.ts';
import {ask, counters, Networked, type Replica, stackOf, web} from './networking.ts';

const lab = sharedLab({hosts: 4});
const hosts = ['h1', 'h2', 'h3', 'h4'];

let net: Networked;
let replicas: readonly Replica[];
const on = (host: string) => replicas.find(one => one.host === host)!;
const settle = async () => {
  await net.apply();
  replicas = await net.replicas();
};

/** Shell text with a host's own programs, in the network namespace of a container there. */
const within = async (host: string, text: string) =>
  lab().sh(host, `ip netns exec ${await net.id(host, 'net-default')} sh <<'END'\n${text}\nEND`);
const ping = (address: string, count = 1) => `busybox ping -q -c ${count} -i 0.01 -W 1 ${address} || :`;
const hostAsk = (address: string, port = 8080) => `${ask(address, '/', port).replace('| nc', '| busybox nc')} || :`;

beforeAll(async () => {
  net = await Networked.of(lab(), stackOf(web('web', 'replicas: 4')));
  await settle();
  expect(replicas.map(({host}) => host).sort()).toEqual(hosts);
});

test('no flooding: packets go to the one host that has the address, and to no other', async () => {
  const before = await Promise.all(hosts.map(host => counters(lab(), host)));
  expect(await within('h1', ping(on('h3').address, 200))).toContain('200 packets received');
  // Nobody has this address: its host is asked, and no other. Nobody has that subnet: no host is asked.
  const nobody = on('h3').address.replace(/\d+$/, '200');
  expect(await within('h1', ping(nobody, 20))).toContain(' 0 packets received');
  expect(await within('h1', ping('10.89.250.2', 20))).toContain(' 0 packets received');
  // Broadcasts of a container stay on its bridge.
  await within('h1', 'busybox arping -c 5 -w 1 -I eth0 10.89.250.9 || :');
  const after = await Promise.all(hosts.map(host => counters(lab(), host)));
  const [h1, h2, h3, h4] = after.map((now, at) => ({
    overlay: now.overlay - before[at]!.overlay,
    link: now.link - before[at]!.link,
  }));
  for (const busy of [h1!, h3!]) {
    expect(busy.overlay).toBeGreaterThanOrEqual(420);
    expect(busy.link).toBeGreaterThanOrEqual(420);
  }
  for (const idle of [h2!, h4!]) {
    expect(idle.overlay).toBe(0);
    // The hosts' own ARP, at most.
    expect(idle.link).toBeLessThan(40);
  }
});

describe('a host that was drained', () => {
  beforeAll(async () => {
    await net.ok(['host', 'drain', 'h4']);
    await settle();
  });

  test('has left: the others have forgotten it, and nothing of the network is on it', async () => {
    expect(replicas.map(({host}) => host)).not.toContain('h4');
    expect(await net.planned()).toEqual([]);
    const {address} = lab().host('h4');
    for (const host of ['h1', 'h2', 'h3']) {
      expect(await lab().sh(host, 'bridge fdb; cat /var/lib/niyanta/overlays/*; iptables-save')).not.toContain(address);
    }
    const left = await lab().sh('h4', 'ip -o link; ls /var/lib/niyanta/overlays; iptables-save; ip route');
    expect(left).not.toMatch(/\bn[yv][0-9a-f]{8}|NIYANTA/);
    expect(await within('h1', ping(on('h3').address, 3))).toContain('3 packets received');
  });

  test('is a stranger to the containers, as everyone in the LAN is', async () => {
    const {address} = on('h1');
    const subnet = address.replace(/\d+$/, '0/24');
    // Takes a host of the environment for its router.
    await lab().sh('h4', `ip route add ${subnet} via ${lab().host('h1').address}`);
    expect(await lab().sh('h4', hostAsk(address))).not.toContain('hello');
    // The host itself reaches its own, for health checks; not those of other hosts.
    expect(await lab().sh('h1', hostAsk(address))).toContain('hello');
    expect(await lab().sh('h2', hostAsk(address))).not.toContain('hello');
    await lab().sh('h4', `ip route del ${subnet}`);
  });

  test('cannot pass for a peer: its packets are dropped before they are unpacked', async () => {
    const [own, vni, local, , port] = (
      await lab().sh('h1', 'sed -n "s/^vxlan //p" /var/lib/niyanta/overlays/ny*')
    ).split(' ');
    const mac = (await lab().sh('h1', `cat /sys/class/net/${own}/address`)).trim();
    const h2 = on('h2').address;
    const before = await counters(lab(), 'h1');
    // All that h2 has, but for its address.
    await lab().sh(
      'h4',
      `ip link add spoof type vxlan id ${vni} dstport ${port!.trim()} local ${lab().host('h4').address} nolearning
      ip link set spoof mtu 1450 up; ip address add ${h2}/32 dev spoof
      bridge fdb replace ${mac} dev spoof dst ${local}
      ip neigh replace ${on('h1').address} lladdr ${mac} dev spoof nud permanent
      ip route add ${on('h1').address}/32 dev spoof src ${h2}
      ${ping(on('h1').address, 50)}`,
    );
    const sent = Number(await lab().sh('h4', 'cat /sys/class/net/spoof/statistics/tx_packets'));
    expect(sent).toBeGreaterThanOrEqual(50);
    expect((await counters(lab(), 'h1')).overlay).toBe(before.overlay);
    await lab().sh('h4', 'ip link del spoof');
    // Nor can a container, whose packets leave with its host's address.
    const send = `perl -MIO::Socket::INET -e 'IO::Socket::INET->new(PeerAddr => "${lab().host('h3').address}:4789", Proto => "udp")->send("packet") for 1 .. 5'`;
    const there = await counters(lab(), 'h3');
    await within('h1', send);
    const rules = await lab().sh('h1', 'iptables-save -c | grep "NIYANTA-FORWARD -i ny+ -p udp"');
    expect(Number(/^\[(\d+):/.exec(rules)![1])).toBeGreaterThanOrEqual(5);
    expect((await counters(lab(), 'h3')).overlay).toBe(there.overlay);
  });

  test('joins again, and is reached at once', async () => {
    await net.ok(['host', 'undrain', 'h4']);
    await net.project.write('stack.yaml', stackOf(web('web', 'replicas: 5')));
    expect(await net.planned()).toEqual(expect.arrayContaining(['update network@h1: h4 joins']));
    await settle();
    expect(await within('h4', ping(on('h1').address, 3))).toContain('3 packets received');
    expect(await within('h2', ping(on('h4').address, 3))).toContain('3 packets received');
  });
});

test('another environment is another network, on the same host and on others', async () => {
  const other = await Networked.of(
    lab(),
    stackOf(web('web', 'replicas: 4, ports: ["81:8080"]')).replace(': net', ': other'),
  );
  const env = ['--env', 'other'];
  await other.apply(...env);
  const strangers = await other.replicas(...env);
  const stranger = (host: string) => strangers.find(one => one.host === host)!;
  const asks = (host: string, text: string) => other.inside(`web/${stranger(host).replica}`, text, ...env);
  for (const host of ['h1', 'h2']) {
    expect(await within('h1', hostAsk(stranger(host).address))).not.toContain('hello');
    expect(await asks('h1', ask(on(host).address))).toBe('');
    expect(await asks('h3', ask(stranger(host).address))).toBe('hello');
    // What is published is for everyone.
    expect(await within('h3', hostAsk(lab().host(host).address, 81))).toContain('hello');
  }
  expect(await net.planned()).toEqual([]);
  await other.ok(['destroy', '--yes', ...env]);
  expect(await net.planned()).toEqual([]);
  expect(await within('h1', ping(on('h3').address, 3))).toContain('3 packets received');
});
