import {describe, expect, test} from 'vitest';
import {labHostState, labHosts, labUp} from '../../src/engine/lab/index.ts';
import {type LabFixture, sharedLab, withLab} from './harness/index.ts';
import {commandLines, overSsh, reaches, runContainer} from './looking-at-labs.ts';

describe('a lab of two hosts', () => {
  const lab = sharedLab({hosts: 2});

  test('has hosts that are machines of their own', async () => {
    for (const name of ['h1', 'h2']) {
      expect(await lab().sh(name, 'hostname; cat /etc/hostname')).toBe(`${name}\n${name}\n`);
      expect(await lab().sh(name, 'ps -e -o pid= -o args= | grep -c containerd$')).toBe('1\n');
    }
    const [one, two] = await Promise.all(
      ['h1', 'h2'].map(name => lab().sh(name, 'cat /etc/ssh/ssh_host_ed25519_key.pub')),
    );
    expect(one).not.toBe(two);
  });

  test('answers on SSH with the host key that it tells, for root and for deploy with sudo', async () => {
    const host = labHosts(lab().lab)[0]!;
    expect(await overSsh(lab(), 'h1', 'root', 'id -un')).toEqual({stdout: 'root\n', fingerprint: host.hostKey});
    expect((await overSsh(lab(), 'h1', 'deploy', 'id -un; sudo -n id -un')).stdout).toBe('deploy\nroot\n');
  });

  test('lets hosts reach each other by name, and nothing outside', async () => {
    await lab().sh('h1', 'busybox ping -c 1 -W 2 h2');
    expect(await lab().sh('h1', 'ip route')).not.toContain('default');
    expect(await lab().sh('h1', 'cat /proc/sys/net/ipv4/ip_forward')).toBe('1\n');
  });

  test('runs real containers under a memory limit', async () => {
    expect(await runContainer(lab(), 'h1')).toContain('hello from runc');
  });

  test('keeps what a console starts inside the host, and kills it with it', async () => {
    const cgroups = (await lab().sh('h2', 'cat /proc/self/cgroup')).trimEnd().split('\n');
    expect(cgroups.map(line => line.split(':')[2])).toEqual(cgroups.map(() => '/'));
    await lab().sh('h2', 'setsid sleep 12345 > /dev/null 2>&1 < /dev/null &');
    await lab().kill('h2');
    expect(commandLines().filter(line => line.includes('sleep\u000012345'))).toEqual([]);
    await lab().reboot('h2');
  });

  test('is the lab of a project that names it', async () => {
    const project = await lab().project('');
    const done = await project.niyanta(['lab', 'exec', 'h2', '--', 'hostname']);
    expect(done).toMatchObject({code: 0, stdout: 'h2\n'});
    const other = await lab().niyanta(['lab', 'exec', 'h2', '--', 'hostname'], {env: {NIYANTA_LAB: 'no-such'}});
    expect(other.code).toBe(64);
    expect(other.stderr).toContain('no-such');
  });

  test('keeps a killed host dead and its disk whole', async () => {
    await lab().sh('h2', 'echo kept > /var/lib/kept; sync; echo lost > /run/lost; ip link add br9 type bridge');
    await lab().kill('h2');
    expect(stateOf(lab(), 'h2')).toBe('off');
    expect(await reaches(lab(), 'h2')).toBe(false);
    await expect(lab().exec('h2', ['true'])).rejects.toMatchObject({code: 'lab-host-off'});
    await lab().reboot('h2');
    expect(stateOf(lab(), 'h2')).toBe('running');
    expect(await lab().sh('h2', 'cat /var/lib/kept; ls /run/lost /sys/class/net/br9 2>&1 | grep -c "No such"')).toBe(
      'kept\n2\n',
    );
    expect(await runContainer(lab(), 'h2')).toContain('hello from runc');
  });

  test('cuts a partitioned host off until it is healed, also over a reboot', async () => {
    expect(await reaches(lab(), 'h2')).toBe(true);
    await lab().partition('h2');
    expect(stateOf(lab(), 'h2')).toBe('partitioned');
    expect(await reaches(lab(), 'h2')).toBe(false);
    expect((await lab().exec('h1', ['busybox', 'ping', '-c', '1', '-W', '1', 'h2'])).code).toBe(1);
    expect(await lab().sh('h2', 'echo still here')).toBe('still here\n');
    await lab().reboot('h2');
    expect(await reaches(lab(), 'h2')).toBe(false);
    await lab().heal('h2');
    expect(await reaches(lab(), 'h2')).toBe(true);
    expect(stateOf(lab(), 'h2')).toBe('running');
  });

  test('runs the boot script that prepare installs, before containerd, and only if it is there', async () => {
    await lab().sh(
      'h1',
      `mkdir -p /usr/local/lib/niyanta
       printf '#!/bin/sh\\npidof containerd > /run/booted-after-containerd || echo before > /run/booted\\n' > /usr/local/lib/niyanta/boot
       chmod 755 /usr/local/lib/niyanta/boot`,
    );
    await lab().reboot('h1');
    expect(await lab().sh('h1', 'cat /run/booted; rm -r /usr/local/lib/niyanta')).toBe('before\n');
    await lab().reboot('h1');
    expect(await lab().sh('h1', 'ls /run/booted* 2>&1 || true')).toContain('No such file');
  });

  test('brings containerd back when it dies, as a service manager would', async () => {
    const before = await lab().sh('h1', 'pidof containerd');
    await lab().sh('h1', 'kill -9 $(pidof containerd); until ctr version > /dev/null 2>&1; do sleep 0.1; done');
    expect(await lab().sh('h1', 'pidof containerd')).not.toBe(before);
  });

  test('switches on again what is off when it is brought up once more', async () => {
    await lab().kill('h1');
    const again = await labUp({name: lab().name, hosts: 2});
    expect(again).toEqual(lab().lab);
    expect(stateOf(lab(), 'h1')).toBe('running');
    await expect(labUp({name: lab().name, hosts: 3})).rejects.toMatchObject({code: 'lab-differs'});
  });

  test('knows no other host', async () => {
    await expect(lab().kill('h9')).rejects.toMatchObject({code: 'no-such-lab-host'});
  });
});

test.each(['bookworm', 'trixie', 'sid'] as const)('%s has its own containerd, and runs a container', async release => {
  const series = {bookworm: /1\.6\./, trixie: /1\.7\./, sid: /2\.\d+\./}[release];
  await withLab({release}, async lab => {
    expect(await lab.sh('h1', 'ctr version')).toMatch(series);
    expect(await runContainer(lab, 'h1')).toContain('hello from runc');
  });
});

test('a mixed lab has one release after the other', async () => {
  await withLab({release: 'mixed', hosts: 3}, async lab => {
    expect(labHosts(lab.lab).map(host => host.labels.release)).toEqual(['bookworm', 'trixie', 'sid']);
    const versions = await Promise.all(['h1', 'h2', 'h3'].map(host => lab.sh(host, 'containerd --version')));
    expect(versions.map(text => /v?(\d\.\d+)\.\d/.exec(text)?.[1]).map(Number)).toEqual([
      1.6,
      1.7,
      expect.closeTo(2.1, 0),
    ]);
  });
});

test('a host with systemd boots it, with sshd and containerd as units, and runs a container', async () => {
  await withLab({systemd: true}, async lab => {
    await lab.sh('h1', 'systemctl is-system-running --wait');
    expect(await lab.sh('h1', 'systemctl is-active ssh containerd; cat /proc/1/comm')).toBe(
      'active\nactive\nsystemd\n',
    );
    expect((await overSsh(lab, 'h1', 'deploy', 'sudo -n id -un')).stdout).toBe('root\n');
    expect(await runContainer(lab, 'h1')).toContain('hello from runc');
    await lab.reboot('h1');
    expect(await lab.sh('h1', 'systemctl is-system-running --wait')).toBe('running\n');
  });
});

test('a bare host has no containerd, and apt can install it', async () => {
  await withLab({prepared: false}, async lab => {
    expect((await lab.exec('h1', ['sh', '-c', 'command -v containerd ctr runc iptables'])).stdout).toBe('');
    await lab.sh('h1', 'apt-get update; apt-get install -y containerd runc containernetworking-plugins iptables');
    expect(await lab.sh('h1', 'containerd --version; ls /usr/lib/cni/bridge')).toContain('/usr/lib/cni/bridge');
  });
});

function stateOf(lab: LabFixture, host: string): string {
  return labHostState(lab.lab, lab.host(host));
}
