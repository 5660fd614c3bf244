import {expect, test} from 'vitest';
import {sharedLab} from './harness/index.ts';
import {ask, Networked, stackOf, web} from './networking.ts';

// containerd 1.6, 1.7 and 2.x.
const lab = sharedLab({hosts: 3, release: 'mixed'});
const everywhere = (count: number, more = '') =>
  web('web', `replicas: ${count}, ports: ["80:8080"], needs: [db]${more}`);
const all = ['db', 'web/1', 'web/2', 'web/3'];

let net: Networked;
const begin = async () => {
  net ??= await Networked.of(lab(), stackOf(web('db', 'placement: {require: {host: h1}}'), everywhere(3)));
  await net.project.write('stack.yaml', stackOf(web('db', 'placement: {require: {host: h1}}'), everywhere(3)));
  await net.apply();
};
const addressesOf = (replica: string, name: string) =>
  net.inside(replica, `awk '$2 == "${name}" {print $1}' /etc/hosts`).then(text => text.split('\n').filter(Boolean));
const hear = (replica: string, name: string, path = '/') => net.inside(replica, ask(name, path));

test('every container reaches every service and replica by name on all three hosts, under its own address', async () => {
  await begin();
  const replicas = await net.replicas();
  expect(new Set(replicas.map(({host}) => host))).toEqual(new Set(['h1', 'h2', 'h3']));
  expect(new Set(replicas.map(({address}) => address.split('.')[2])).size).toBe(3);
  const names = ['db', 'web', 'web-1', 'web-2', 'web-3'];
  for (const from of all) {
    const heard = await net.inside(from, names.map(name => ask(name)).join('; '));
    expect(heard.split('\n'), from).toEqual(names.map(() => 'hello'));
  }
  const [, ...webs] = replicas;
  for (const {replica, address} of webs)
    expect(await hear(`web/${replica}`, 'db', '/cgi-bin/from')).toContain(`${address}]`);
  expect((await addressesOf('db', 'web')).sort()).toEqual(webs.map(({address}) => address).sort());
  expect(await net.planned()).toEqual([]);
});

test('5 MB arrive whole, in packets as large as the way between hosts takes', async () => {
  await begin();
  const [db] = await net.replicas();
  const [there, here] = [await net.id('h1', '-db-'), await net.id('h3', '-web-')];
  const perl = (id: string, text: string) => `ip netns exec ${id} perl -MIO::Socket::INET -e '${text}'`;
  const receiving = lab().sh(
    'h1',
    perl(
      there,
      'alarm 30; $c = IO::Socket::INET->new(Listen => 1, LocalPort => 9000)->accept; $n += length $b while sysread $c, $b, 65536; print $n',
    ),
  );
  const send = perl(here, `$s = IO::Socket::INET->new("${db!.address}:9000") or exit 1; print $s "x" x 5000000`);
  await lab().sh('h3', `for i in $(seq 80); do ${send} && exit 0; sleep 0.3; done; exit 1`);
  expect(await receiving).toBe('5000000');
  expect(await lab().sh('h3', `ip -n ${here} link show eth0`)).toContain('mtu 1450');
  // 28 bytes of headers.
  expect(await lab().sh('h3', `ip netns exec ${here} busybox ping -c 1 -W 2 -s 1422 ${db!.address}`)).toContain(
    '1 packets received',
  );
});

test('names follow replicas that come and go on other hosts', async () => {
  await begin();
  await net.project.write('stack.yaml', stackOf(web('db', 'placement: {require: {host: h1}}'), everywhere(2)));
  await net.apply();
  expect(await addressesOf('db', 'web')).toHaveLength(2);
  expect(await addressesOf('web/1', 'web-3')).toEqual([]);
  await net.ok(['stop', 'web', '--yes']);
  expect(await addressesOf('db', 'web')).toEqual([]);
  await net.ok(['start', 'web', '--yes']);
  expect(await addressesOf('db', 'web')).toHaveLength(2);
  expect(await net.planned()).toEqual([]);
});

test('after a power cut a host is in the network again by itself, with no apply', async () => {
  await begin();
  await lab().reboot('h2');
  const replica = (await net.replicas()).find(({host, service}) => host === 'h2' && service === 'web')!;
  await expect.poll(() => hear(`web/${replica.replica}`, 'db'), {timeout: 30_000}).toBe('hello');
  await expect.poll(() => hear('db', `web-${replica.replica}`), {timeout: 30_000}).toBe('hello');
  expect(await net.planned()).toEqual([]);
});

test('nobody is sent to replicas on a host that is lost, once an apply leaves it out; and again when it is back', async () => {
  await begin();
  const lost = (await net.replicas()).find(({host}) => host === 'h3')!;
  await lab().kill('h3');
  expect((await net.project.niyanta(['apply', '--yes'])).stderr).toContain('cannot connect to');
  await net.apply('--allow-unreachable');
  expect(await addressesOf('db', 'web')).not.toContain(lost.address);
  expect(await addressesOf('db', 'web')).toHaveLength(2);
  await lab().reboot('h3');
  await expect
    .poll(() => net.planned(), {timeout: 30_000})
    .toEqual([expect.stringContaining('update names@h1'), expect.stringContaining('update names@h2')]);
  await net.apply();
  expect(await hear('db', `web-${lost.replica}`)).toBe('hello');
});
