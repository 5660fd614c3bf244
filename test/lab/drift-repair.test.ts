import {beforeAll, describe, expect, test} from 'vitest';
import {busyboxArchive, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';

// One host each of containerd 1.6, 1.7 and 2.1, one container on each.
const lab = sharedLab({hosts: 3, release: 'mixed'});
const hosts = ['h1', 'h2', 'h3'];
const stack = `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  web:
    archive: ./web.tar
    replicas: 3
    placement: {spread: host}
    command: [httpd, -f, -p, "8080", -h, /www]
    ports: ["8088:8080"]
    resources: {cpu: 0.5, memory: 64Mi}
    health: {http: {port: 8080, path: /}, interval: 1s}
    stop: {grace: 0s}
`;

let project: TestProject;
/** By host: the one container, its bridge, and its end of the link. */
let here: Record<string, {readonly id: string; readonly bridge: string; readonly device: string}>;

async function ok(...words: string[]) {
  const done = await project.niyanta(words);
  expect(done.code, `${done.stdout}${done.stderr}`).toBe(0);
  return done;
}

const plan = async () => (await ok('plan', '--json')).json;
const word = async (host: string, text: string) => (await lab().sh(host, text)).trim();
const byHost = async <T>(ask: (host: string) => Promise<T>): Promise<Record<string, T>> =>
  Object.fromEntries(await Promise.all(hosts.map(async host => [host, await ask(host)] as const)));
const pids = () => byHost(host => word(host, `ctr -n niyanta tasks ls | awk '$3 == "RUNNING" {print $2}'`));
/** Through the published port, as the outside comes in. */
const answers = () =>
  byHost(async host => {
    const {status} = await fetch(`http://${lab().host(host).address}:8088/`, {signal: AbortSignal.timeout(5000)});
    return status;
  });

beforeAll(async () => {
  project = await lab().project(stack, {'web.tar': await busyboxArchive()});
  await ok('apply', '--yes');
  expect((await plan()).operations).toEqual([]);
});

async function look(): Promise<void> {
  here = await byHost(async host => {
    const id = await word(host, 'ctr -n niyanta containers ls -q');
    const bridge = await word(host, "ip -o link show type bridge | sed 's/.*: \\(ny[0-9a-f]*\\).*/\\1/'");
    const device = await word(host, `ls /sys/class/net/${bridge}/brif`);
    return {id, bridge, device};
  });
}

type Deed = (of: {readonly id: string; readonly bridge: string; readonly device: string}) => string;
const memory = '/sys/fs/cgroup/memory/niyanta';
const cpu = '/sys/fs/cgroup/cpu/niyanta';

const drifts = (plan: {drift: {host: string; what: string}[]}) =>
  Object.fromEntries(
    hosts.map(host => [host, plan.drift.filter(one => one.host === host).map(({what}) => what)] as const),
  );
const onEach = <T>(value: T) => Object.fromEntries(hosts.map(host => [host, value]));

describe('is repaired while the container runs on', () => {
  test.each<[string, string[], Deed]>([
    ['a namespace without its name', ['network deleted'], ({id}) => `umount /run/netns/${id}; rm -f /run/netns/${id}`],
    [
      'a name that was given to another namespace',
      ['network deleted'],
      ({id}) => `umount /run/netns/${id}; rm -f /run/netns/${id}; ip netns add ${id}`,
    ],
    ['an address that was taken away', ['address removed'], ({id}) => `ip -n ${id} addr flush dev eth0`],
    ['an interface that was deleted', ['address removed'], ({id}) => `ip -n ${id} link del eth0`],
    ['a bridge that was deleted', ['bridge deleted'], ({bridge}) => `ip link del ${bridge}`],
    ['a bridge that was switched off', ['bridge down'], ({bridge}) => `ip link set ${bridge} down`],
    ['a bridge without address', ["bridge's address removed"], ({bridge}) => `ip addr flush dev ${bridge}`],
    ['a link taken off its bridge', ['taken off its bridge'], ({device}) => `ip link set ${device} nomaster`],
    ['a link that was switched off', ['link down'], ({device}) => `ip link set ${device} down`],
    ['forwarding that was flushed', ['port 8088 not forwarded'], () => 'iptables -t nat -F CNI-HOSTPORT-DNAT'],
    [
      'masquerading that was deleted',
      ['no way out: its network is not masqueraded'],
      () =>
        `iptables -t nat -D POSTROUTING $(iptables -t nat -S POSTROUTING | awk '/"niyanta ny/ {print NR - 1}' | head -n 1)`,
    ],
    [
      'limits that were changed',
      ['limits changed', 'limits changed'],
      ({id}) => `echo 100000000 >${memory}/${id}/memory.limit_in_bytes; echo -1 >${cpu}/${id}/cpu.cfs_quota_us`,
    ],
    [
      'a restart label that was removed',
      ['labels removed'],
      ({id}) => `ctr -n niyanta containers label ${id} containerd.io/restart.status= >/dev/null`,
    ],
  ])('%s', async (_, what, deed) => {
    await look();
    const before = await pids();
    await Promise.all(hosts.map(host => lab().sh(host, deed(here[host]!))));
    const found = await plan();
    expect(drifts(found)).toEqual(onEach(what));
    expect(found.operations.filter((one: {kind: string}) => one.kind === 'container')).toEqual([]);
    await ok('apply', '--yes');
    expect(await plan()).toMatchObject({operations: [], drift: []});
    expect(await pids()).toEqual(before);
    expect(await answers()).toEqual(onEach(200));
  });

  test('limits are told with what they are and what they should be', async () => {
    await look();
    await lab().sh('h1', `echo 100000000 >${memory}/${here.h1!.id}/memory.limit_in_bytes`);
    expect((await plan()).drift).toEqual([
      {
        service: 'web',
        replica: 1,
        host: 'h1',
        what: 'limits changed',
        path: 'resources.memory',
        from: 99999744,
        to: 67108864,
      },
    ]);
    expect((await ok('plan')).stdout).toContain('limits changed (resources.memory');
    await ok('apply', '--yes');
    expect(await word('h1', `cat ${memory}/${here.h1!.id}/memory.limit_in_bytes`)).toBe('67108864');
  });
});

describe('is replaced by what was applied', () => {
  const label = 'ctr -n niyanta containers label';
  const gone: Deed = ({id}) =>
    `${label} ${id} containerd.io/restart.status= >/dev/null; ctr -n niyanta tasks rm -f ${id} 2>/dev/null || :; ctr -n niyanta containers rm ${id}`;
  const image = "$(ctr -n niyanta images ls -q | grep '^niyanta.local' | head -n 1)";
  test.each<[string, string[], Deed]>([
    [
      'a container that was made again by hand with other words',
      ['recreated'],
      of => `${gone(of)}; ctr -n niyanta run -d --with-ns network:/run/netns/${of.id} ${image} ${of.id} sleep 1000`,
    ],
    [
      'a container that was made again by hand with labels and all, but without limits',
      ['recreated'],
      of => `labels=$(ctr -n niyanta containers info ${of.id} | sed -n 's/^ *"\\(niyanta[^"]*\\|containerd.io.restart[^"]*\\)": "\\(.*\\)",*$/--label \\1=\\2/p')
        ${gone(of)}; ctr -n niyanta run -d $labels --with-ns network:/run/netns/${of.id} ${image} ${of.id} httpd -f -p 8080 -h /www`,
    ],
    [
      'a container that was made again by hand and does not run',
      ['recreated'],
      of => `${gone(of)}; ctr -n niyanta containers create ${image} ${of.id} sleep 1000`,
    ],
    ['a container whose file system was removed', ['snapshot removed'], ({id}) => `ctr -n niyanta snapshots rm ${id}`],
    [
      'a stopped container whose file system was removed',
      ['snapshot removed'],
      ({id}) =>
        `${label} ${id} containerd.io/restart.status= >/dev/null; ctr -n niyanta tasks rm -f ${id}; ctr -n niyanta snapshots rm ${id}`,
    ],
    [
      'a container without the file that names others to it',
      ['hosts file removed'],
      ({id}) => `rm /var/lib/niyanta/hosts/${id}`,
    ],
    [
      'a container whose manifest someone edited',
      ['manifest edited'],
      ({id}) => `sed -i 's/"always"/"never"/' /var/lib/niyanta/containers/${id}.json`,
    ],
  ])('%s', async (_, what, deed) => {
    await look();
    const before = here;
    await Promise.all(hosts.map(host => lab().sh(host, deed(here[host]!))));
    // containerd removes a snapshot's files when its garbage collector comes to them; until then all is there.
    await expect.poll(async () => drifts(await plan()), {timeout: 30_000}).toEqual(onEach(what));
    await ok('apply', '--yes');
    expect(await plan()).toMatchObject({operations: [], drift: []});
    await look();
    for (const host of hosts) expect(here[host]!.id).not.toBe(before[host]!.id);
    expect(await answers()).toEqual(onEach(200));
  });
});

test('what a container was made of stays the same over restarts of it, of containerd and of its host', async () => {
  await look();
  const unchanged = async () => {
    const seen = await project.niyanta(['plan', '--json']);
    return seen.code === 0 && seen.json.operations.length === 0 && seen.json.drift.length === 0;
  };
  const settled = (since: Record<string, string>) => async () => {
    const now = await pids().catch(() => since);
    return hosts.every(host => now[host] !== '' && now[host] !== since[host]) && unchanged();
  };
  const first = await pids();
  for (const host of hosts) await lab().sh(host, `ctr -n niyanta tasks kill -s SIGKILL ${here[host]!.id}`);
  await expect.poll(settled(first), {timeout: 60_000, interval: 1000}).toBe(true);
  for (const host of hosts) await lab().sh(host, 'pkill -x containerd');
  await expect.poll(unchanged, {timeout: 60_000, interval: 1000}).toBe(true);
  for (const host of hosts) await lab().kill(host);
  for (const host of hosts) await lab().reboot(host);
  await expect.poll(settled({}), {timeout: 60_000, interval: 1000}).toBe(true);
});
