import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {connect} from 'node:net';
import {Client} from 'ssh2';
import {describe, expect, test} from 'vitest';
import {labDown, labHostState, labHosts, labUp, readLab} from '../../src/engine/lab/index.ts';
import {busyboxArchive, type LabFixture, niyanta, sharedLab, startNiyanta, withLab} from './harness/index.ts';
import {uniqueLabName} from './harness/test-run.ts';

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

test('two labs live side by side and do not reach each other', async () => {
  await withLab({}, async one => {
    await withLab({}, async two => {
      expect(one.lab.number).not.toBe(two.lab.number);
      expect((await one.exec('h1', ['busybox', 'ping', '-c', '1', '-W', '1', two.host('h1').address])).code).not.toBe(
        0,
      );
      await two.kill('h1');
      expect(await one.sh('h1', 'hostname')).toBe('h1\n');
    });
    expect(await reaches(one, 'h1')).toBe(true);
  });
});

test('labs that are brought up at the same time get different subnets', async () => {
  const names = [uniqueLabName(), uniqueLabName(), uniqueLabName()];
  try {
    const labs = await Promise.all(names.map(name => labUp({name, hosts: 1})));
    expect(new Set(labs.map(lab => lab.number)).size).toBe(3);
  } finally {
    await Promise.all(names.map(labDown));
  }
});

test('down leaves nothing behind, not even of a lab with containers, and can be repeated', async () => {
  let number = 0;
  let directory = '';
  await withLab({hosts: 2}, async lab => {
    ({number, directory} = lab.lab);
    await importImage(lab, 'h1');
    await lab.sh('h1', 'ip netns add inner; ctr run -d docker.io/library/busybox:test one');
    expect(tracesOf(number, directory)).not.toEqual([]);
    await labDown(lab.name);
    expect(tracesOf(number, directory)).toEqual([]);
    expect(await labDown(lab.name)).toBe(false);
  });
});

test('down cleans up after a lab up that was killed half-way', async () => {
  const name = uniqueLabName();
  const child = startNiyanta(['lab', 'up', '--name', name, '--hosts', '3']);
  const ended = new Promise(resolve => child.once('close', resolve));
  while (readLab(name) === undefined && child.exitCode === null) await new Promise(resolve => setImmediate(resolve));
  child.kill('SIGKILL');
  await ended;
  const {number, directory, complete} = readLab(name)!;
  expect(complete).toBe(false);
  const again = await niyanta(['lab', 'up', '--name', name, '--hosts', '3', '--json']);
  expect(again).toMatchObject({code: 64, json: {error: {code: 'lab-half-made'}}});
  expect((await niyanta(['lab', 'down', '--name', name])).code).toBe(0);
  expect(tracesOf(number, directory)).toEqual([]);
});

test('a lab comes back after a restart of this machine, and never takes another one for its own', async () => {
  await withLab({}, async lab => {
    await lab.sh('h1', 'echo kept > /root/kept');
    const device = `nyl${lab.lab.number}`;
    await lab.kill('h1');
    execFileSync('ip', ['link', 'delete', device]);
    execFileSync('ip', ['netns', 'delete', device]);
    await labUp({name: lab.name, hosts: 1});
    expect(await reaches(lab, 'h1')).toBe(true);
    expect(await lab.sh('h1', 'cat /root/kept')).toBe('kept\n');

    const mark = readFileSync(`/sys/class/net/${device}/ifalias`, 'utf8').trim();
    execFileSync('ip', ['link', 'set', device, 'alias', 'niyanta-lab of someone else']);
    await expect(labUp({name: lab.name, hosts: 1})).rejects.toMatchObject({code: 'lab-number-taken'});
    const description = readFileSync(`${lab.lab.directory}/lab.json`);
    const {directory} = lab.lab;
    renameSync(directory, `${directory}.kept`);
    mkdirSync(directory);
    writeFileSync(`${directory}/lab.json`, description);
    await labDown(lab.name);
    renameSync(`${directory}.kept`, directory);
    execFileSync('ip', ['link', 'set', device, 'alias', mark]);
    expect(await reaches(lab, 'h1')).toBe(true);
  });
});

test('the commands do all of it', async () => {
  const name = uniqueLabName();
  const run = (...args: string[]) => niyanta(['lab', ...args, '--name', name, '--json']);
  try {
    const up = await run('up', '--hosts', '1');
    expect(up.json.lab).toMatchObject({
      name,
      complete: true,
      hosts: [{name: 'h1', release: 'bookworm', state: 'running'}],
    });
    expect(await niyanta(['lab', 'exec', 'h1', '--name', name, '--', 'sh', '-c', 'echo out; exit 7'])).toMatchObject({
      code: 7,
      stdout: 'out\n',
    });
    expect((await run('kill', 'h1')).json).toEqual({lab: name, host: 'h1', state: 'off'});
    const listed = (await niyanta(['lab', 'ls', '--json'])).json.labs.find((lab: {name: string}) => lab.name === name);
    expect(listed.hosts[0].state).toBe('off');
    expect((await run('reboot', 'h1')).json.state).toBe('running');
    expect((await run('partition', 'h1')).json.state).toBe('partitioned');
    expect((await run('heal', 'h1')).json.state).toBe('running');
    expect(await run('kill', 'h7')).toMatchObject({code: 64, json: {error: {code: 'no-such-lab-host'}}});
    expect((await run('down')).json).toEqual({removed: [name]});
    expect((await run('down')).json).toEqual({removed: []});
    expect(await run('kill', 'h1')).toMatchObject({code: 64, json: {error: {code: 'no-such-lab'}}});
  } finally {
    await labDown(name);
  }
});

function stateOf(lab: LabFixture, host: string): string {
  return labHostState(lab.lab, lab.host(host));
}

const reaches = (lab: LabFixture, host: string): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect({host: lab.host(host).address, port: 22, timeout: 1500});
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket
      .once('data', () => end(true))
      .once('error', () => end(false))
      .once('timeout', () => end(false));
  });

async function overSsh(lab: LabFixture, name: string, username: string, command: string) {
  let fingerprint = '';
  const client = new Client();
  await new Promise<void>((resolve, reject) => {
    client.once('ready', () => resolve()).once('error', reject);
    client.connect({
      host: lab.host(name).address,
      username,
      privateKey: readFileSync(lab.lab.identityFile),
      hostVerifier: (key: Buffer) => {
        fingerprint = `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
        return true;
      },
    });
  });
  const stdout = await new Promise<string>((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) {
        reject(error);
        return;
      }
      let text = '';
      channel.on('data', (data: Buffer) => {
        text += data.toString();
      });
      channel.once('close', () => resolve(text));
    });
  });
  client.end();
  return {stdout, fingerprint};
}

async function importImage(lab: LabFixture, host: string): Promise<void> {
  const file = `${lab.lab.directory}/hosts/${host}/containerd/image.tar`;
  writeFileSync(file, await busyboxArchive());
  await lab.sh(host, 'ctr images import /var/lib/containerd/image.tar; rm /var/lib/containerd/image.tar');
}

async function runContainer(lab: LabFixture, host: string): Promise<string> {
  await importImage(lab, host);
  const limits = '--memory-limit 50000000 --cpus 0.5';
  return lab.sh(host, `ctr run --rm ${limits} docker.io/library/busybox:test t echo hello from runc`);
}

/** Everything of a lab that this machine still has. */
function tracesOf(number: number, directory: string): string[] {
  const named = new RegExp(`^nyl${number}(\\.|$)`);
  const cgroups = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter(line => / - cgroup2? /.test(line))
    .map(line => line.split(' ')[4]!);
  const processes = readdirSync('/proc').filter(pid => /^\d+$/.test(pid) && belongs(pid, named));
  return [
    ...readdirSync('/sys/class/net').filter(name => named.test(name)),
    ...readdirSync('/run/netns').filter(name => named.test(name)),
    ...cgroups.flatMap(folder => readdirSync(folder).filter(name => named.test(name))),
    ...readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter(line => line.includes(directory) || /\/netns\/nyl(\d+)/.exec(line)?.[1] === String(number)),
    ...processes.map(pid => `process ${pid}`),
    ...(existsSync(directory) ? [directory] : []),
  ];
}

const commandLines = (): string[] =>
  readdirSync('/proc')
    .filter(pid => /^\d+$/.test(pid))
    .map(pid => readIfThere(`/proc/${pid}/cmdline`));

/** Not a zombie, which has only its number left until this machine's process 1 reaps it. */
function belongs(pid: string, named: RegExp): boolean {
  const cgroups = readIfThere(`/proc/${pid}/cgroup`).split(/[\n/]/);
  return !/^State:\s+Z/m.test(readIfThere(`/proc/${pid}/status`)) && cgroups.some(part => named.test(part));
}

/** Empty when the process ended meanwhile. */
function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}
