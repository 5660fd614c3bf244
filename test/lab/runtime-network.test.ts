import {afterEach, beforeAll, describe, expect, test} from 'vitest';
import type {ContainerSpec} from '../../src/engine/runtime/container-spec.ts';
import {runScript} from '../../src/engine/runtime/containers/host-script.ts';
import {hostsFile, writeHostsFiles} from '../../src/engine/runtime/names.ts';
import {sharedLab} from './harness/index.ts';
import {RuntimeHost} from './harness/runtime-host.ts';

const lab = sharedLab({hosts: 3, release: 'mixed'});
const web = (port: number) => ({
  command: ['httpd', '-f', '-p', String(port), '-h', '/www'],
  ports: [{host: 8081, container: port, protocol: 'tcp' as const}],
});
const peer = (spec: ContainerSpec) => ({...spec, address: spec.network.address});
// busybox-static's wget crashes on some releases.
const ask = (address: string, port: number) =>
  `printf 'GET / HTTP/1.0\r\n\r\n' | nc -w 2 ${address} ${port} | tail -n 1`;
const fetch = (address: string, port = 8081) => ask(address, port).replace('nc', 'busybox nc');
/** A program of the host, in a container: busybox cannot do UDP everywhere. */
const perl = (text: string) => ({
  command: ['/usr/bin/perl', '-MIO::Socket::INET', '-e', text],
  mounts: ['/usr', '/lib', '/lib64'].map(path => ({source: path, target: path, readOnly: true})),
});

describe.each([
  ['h1', 'h2'],
  ['h2', 'h3'],
  ['h3', 'h1'],
])('the network of a container on %s', (name, other) => {
  let host: RuntimeHost;
  let address: string;
  beforeAll(async () => {
    host = await RuntimeHost.ready(lab(), name);
    address = lab().host(name).address;
  });
  afterEach(() => host.clear());

  test('reaches others, and has its published port answered from other hosts, its own, and other containers, until it is stopped', async () => {
    const spec = await host.create('web', web(8080));
    const from = (at: string, to: string) => lab().sh(at, fetch(to));
    await expect.poll(() => from(other, address)).toBe('hello\n');
    expect(await from(name, address)).toBe('hello\n');
    expect(await from(name, '127.0.0.1')).toBe('hello\n');
    expect(await host.inside(spec.id, 'sh', '-c', ask(address, 8081))).toBe('hello');
    const outside = lab().host(other).address;
    expect(await host.inside(spec.id, 'sh', '-c', `nc -w 2 ${outside} 22 </dev/null`)).toContain('SSH-2.0');
    await host.stop(spec);
    expect(await from(other, address)).not.toContain('hello');
    expect(await host.sh('iptables-save -t nat')).not.toContain('8081');
    const next = await host.create('next', web(9090));
    await expect.poll(() => from(other, address)).toBe('hello\n');
    await host.remove(next.id);
    await host.start(spec);
    await expect.poll(() => from(other, address)).toBe('hello\n');
    await host.remove(spec.id);
    expect(await from(other, address)).not.toContain('hello');
  });

  test('gives a port to one container alone, until it is stopped', async () => {
    const first = await host.create('first', web(8080));
    await expect(host.create('second', web(9090))).rejects.toThrow(
      `port 8081/tcp of this host is published by ${first.id}`,
    );
    const [port] = web(9090).ports;
    await host.create('udp', {...web(9090), ports: [{...port!, protocol: 'udp' as const}]});
    await host.stop(first);
    await host.create('third', web(9090));
    await expect(host.start(first)).rejects.toThrow('port 8081/tcp of this host is published by');
  });

  test('publishes on one address of the host alone when told so, and UDP', async () => {
    const [port] = web(8080).ports;
    await host.create('inner', {...web(8080), ports: [{...port!, address: '127.0.0.1'}]});
    await expect.poll(() => lab().sh(name, fetch('127.0.0.1'))).toBe('hello\n');
    expect(await lab().sh(other, fetch(address))).not.toContain('hello');
    const udp = await host.create('udp', {
      ...perl(
        '$| = 1; my $s = IO::Socket::INET->new(LocalPort => 5353, Proto => "udp") or die; while ($s->recv(my $m, 99)) { print "$m\\n" }',
      ),
      ports: [{host: 5300, container: 5353, protocol: 'udp'}],
    });
    const send = `perl -MIO::Socket::INET -e 'IO::Socket::INET->new(PeerAddr => "${address}:5300", Proto => "udp")->send("ping")'`;
    const heard = async () => {
      await lab().sh(other, send);
      return host.log(udp.id);
    };
    await expect.poll(heard).toContain('stdout F ping');
  });

  test('names every replica, spreads, and follows as replicas come and go', async () => {
    const one = await host.create('backend', {replica: 1, ...web(8080), ports: []});
    const two = await host.create('backend', {replica: 2, ...web(8080), ports: []});
    const callers = [await host.create('front', {replica: 1}), await host.create('front', {replica: 2})];
    const everyone = [one, two, ...callers].map(peer);
    await runScript(
      host.changing,
      writeHostsFiles(new Map(everyone.map(self => [self.id, hostsFile(self, everyone)]))),
    );
    const resolved = (id: string, called: string) =>
      host.inside(id, 'awk', `$2 == "${called}" {print $1}`, '/etc/hosts').then(text => text.split('\n'));
    const [first, second] = await Promise.all(callers.map(({id}) => resolved(id, 'backend')));
    expect(first).toEqual([one.network.address, two.network.address]);
    expect(second).toEqual([two.network.address, one.network.address]);
    expect(await resolved(one.id, 'backend-2')).toEqual([two.network.address]);
    expect(await host.inside(callers[0]!.id, 'sh', '-c', ask(two.network.address, 8080))).toBe('hello');
    const left = everyone.filter(({id}) => id !== one.id);
    await runScript(host.changing, writeHostsFiles(new Map(left.map(self => [self.id, hostsFile(self, left)]))));
    expect(await resolved(callers[0]!.id, 'backend')).toEqual([two.network.address]);
  });

  test('is apart from that of another environment, and its bridge goes with its last container', async () => {
    const one = await host.create('web', {net: 1, ...web(8080), ports: []});
    const two = await host.create('web', {net: 2, ...web(8080), ports: []});
    expect(await host.inside(two.id, 'cat', '/etc/hosts')).not.toContain(one.network.address);
    const bridges = async () => (await host.sh('ls /sys/class/net')).split('\n').filter(one => one.startsWith('ny'));
    expect(await bridges()).toEqual([one.network.bridge, two.network.bridge]);
    await host.remove(two.id);
    expect(await bridges()).toEqual([one.network.bridge]);
    expect(await host.see(one.id)).toMatchObject({task: 'running', networkUp: true});
    await host.remove(one.id);
    expect(await bridges()).toEqual([]);
  });

  test('that someone took down is seen, and comes back', async () => {
    const spec = await host.create('web', web(8080));
    await host.stop(spec);
    await host.sh(`ip netns del ${spec.id}`);
    expect(await host.see(spec.id)).toMatchObject({task: 'none', networkUp: false});
    await host.start(spec);
    expect(await host.see(spec.id)).toMatchObject({task: 'running', networkUp: true});
    await expect.poll(() => lab().sh(other, fetch(address))).toBe('hello\n');
    await host.sh(`ip -n ${spec.id} link set eth0 down; ip -n ${spec.id} addr flush dev eth0`);
    expect(await host.see(spec.id)).toMatchObject({task: 'running', networkUp: false});
  });

  test('says why a port cannot be published', async () => {
    const spec = host.spec('bad', {ports: [{host: 70_000, container: 80, protocol: 'tcp'}]});
    await expect(host.createSpec(spec)).rejects.toMatchObject({
      lastLines: expect.arrayContaining([expect.stringMatching(/cannot publish the ports of t-e1-bad.*70000/)]),
    });
    await host.remove(spec.id);
    expect(await host.sh('ls /run/netns /var/lib/niyanta/networks | grep t-e || :')).toBe('');
  });
});
