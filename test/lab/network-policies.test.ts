import {beforeAll, expect, test} from 'vitest';
import {sharedLab} from './harness/index.ts';
import {Networked, type Replica, stackOf, web} from './networking.ts';

const lab = sharedLab({hosts: 2});
let net: Networked;

const on = (host: string) => `placement: {require: {host: ${host}}}`;
const stack = (closed = 'network: {from: [backend]}', env = '') =>
  stackOf(
    web('db', `${on('h1')}, ports: ["8090:8080"]${closed === '' ? '' : `, ${closed}`}`),
    web('backend', `replicas: 2, placement: {spread: host}, env: {VERSION: "${env}"}`),
    web('frontend', 'replicas: 2, placement: {spread: host}'),
    web('batch', `${on('h1')}, network: {egress: none}`),
  );
const http = (to: string, port = 8080) =>
  `printf "GET / HTTP/1.0\\r\\n\\r\\n" | busybox nc -w 1 ${to} ${port} | tail -n 1`;
/** What shell text prints in a container's network, without the way through the command line. */
const from = async ({service, replica, host}: Omit<Replica, 'address'>, text: string) =>
  (
    await lab().sh(host, `ip netns exec $(ls /run/netns | grep ^net-default-${service}-${replica}-) sh -c '${text}'`)
  ).trim();
/** Who of the replicas on both hosts is answered by a service. */
const answered = async (of = 'db') => {
  const replicas = await net.replicas();
  const {address: to} = replicas.find(({service}) => service === of)!;
  const asking = replicas.filter(({service}) => ['backend', 'frontend'].includes(service));
  const heard = await Promise.all(asking.map(one => from(one, http(to))));
  return asking
    .filter((_, index) => heard[index] === 'hello')
    .map(one => `${one.service}/${one.replica}`)
    .sort();
};
/** What the database answers at the IPv6 address that its link gave itself. */
const byLink = async (asking: Replica) => {
  const links = `ip -6 -o addr show dev eth0 scope link | awk "{print \\$4}" | cut -d/ -f1`;
  const link = await from({service: 'db', replica: 1, host: 'h1'}, links);
  expect(link).toMatch(/^fe80/);
  return from(asking, http(`${link}%eth0`));
};
const allowed = ['backend/1', 'backend/2'];
const address = (host: string) => lab().lab.hosts.find(({name}) => name === host)!.address;

beforeAll(async () => {
  net = await Networked.of(lab(), stack());
  // The way to the outside that a container has: the other host's web server.
  await lab().sh('h2', 'mkdir -p /w && echo outside >/w/index.html && setsid busybox httpd -p 9090 -h /w');
  await net.apply();
  expect(await net.planned()).toEqual([]);
});

test('only who is named reaches a service, on its host and from others; the rest of the environment is open', async () => {
  expect(new Set((await net.replicas()).filter(({service}) => service === 'backend').map(({host}) => host)).size).toBe(
    2,
  );
  expect(await answered()).toEqual(allowed);
  expect(await answered('backend')).toEqual(['backend/1', 'backend/2', 'frontend/1', 'frontend/2']);
  // What it published is open to the outside, and not a way around for those on its host.
  expect(await lab().sh('h2', http(address('h1'), 8090))).toContain('hello');
  const local = (await net.replicas()).find(one => one.service === 'frontend' && one.host === 'h1')!;
  expect(await from(local, http(address('h1'), 8090))).toBe('');
  // Nor are the addresses that a link gives itself.
  expect(await byLink(local)).toBe('');
});

test('who stays inside reaches its environment and nothing else', async () => {
  const replicas = await net.replicas();
  const [batch, backend, frontend] = ['batch', 'backend', 'frontend'].map(
    name => replicas.find(one => one.service === name)!,
  );
  const out = http(address('h2'), 9090);
  expect(await from(batch!, http(frontend!.address))).toBe('hello');
  expect([await from({...backend!}, out), await from(batch!, out)]).toEqual(['outside', '']);
  expect(await from(batch!, `ping -c 1 -W 1 ${address('h1')} >/dev/null && echo answers || echo silence`)).toBe(
    'silence',
  );
});

test('replicas that are replaced get new addresses and are let in before they start; the old ones are forgotten', async () => {
  await net.project.write('stack.yaml', stack(undefined, 'two'));
  const before = (await net.replicas()).filter(({service}) => service === 'backend').map(one => one.address);
  await net.apply();
  expect(await net.planned()).toEqual([]);
  expect(await answered()).toEqual(allowed);
  const rules = await lab().sh('h1', 'iptables-save');
  for (const old of before) expect(rules).not.toContain(`-s ${old}/32`);
});

test('rules taken away, and bridged packets that pass by them, are found and repaired', async () => {
  await lab().sh('h1', 'iptables -F NIYANTA-FORWARD; echo 0 >/proc/sys/net/bridge/bridge-nf-call-iptables');
  expect(await answered()).not.toEqual(allowed);
  const planned = (await net.planned()).join('\n');
  expect(planned).toMatch(/network@h1: .*packets on the bridge pass by the firewall/);
  expect(planned).toMatch(/network@h1: .*rules of the firewall were changed/);
  await net.apply();
  expect(await answered()).toEqual(allowed);
});

test('they hold after a power cut, and go when nobody asks for them any more', async () => {
  await net.project.write('stack.yaml', stack(undefined, 'two'));
  await lab().kill('h1');
  await lab().reboot('h1');
  await net.apply();
  expect(await answered()).toEqual(allowed);
  await net.project.write('stack.yaml', stack('', 'two').replace('network: {egress: none}', 'labels: {}'));
  await net.apply();
  expect(await answered()).toEqual(['backend/1', 'backend/2', 'frontend/1', 'frontend/2']);
  expect(
    await lab().sh('h1', 'iptables-save | grep -e NIYANTA-[0-9a-f]*- || :; ip6tables-save | grep NIYANTA || :'),
  ).toBe('');
});
