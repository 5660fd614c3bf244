import {describe, expect, test} from 'vitest';
import {niyanta, sharedLab, withLab} from './harness/index.ts';

describe('a bare host without systemd', () => {
  const lab = sharedLab({hosts: 1, prepared: false});
  const project = () => lab().project('');

  test('is found lacking, with the command that mends it', async () => {
    const {directory} = await project();
    const found = await niyanta(['doctor', '--json'], {cwd: directory, env: {HOME: lab().scratch}});
    expect(found.code).toBe(1);
    const failed = found.json.checks.filter((check: {status: string}) => check.status === 'failed');
    expect(failed.map(({subject, check, fix}: Record<string, string>) => [subject, check, fix])).toEqual([
      ['files', 'stack.yaml', expect.any(String)],
      ['host h1', 'containerd', 'niyanta host prepare h1'],
      ['host h1', 'runc', 'niyanta host prepare h1'],
      ['host h1', 'CNI plugins', 'niyanta host prepare h1'],
      ['host h1', 'iptables', 'niyanta host prepare h1'],
    ]);
    const listed = await (await project()).niyanta(['host', 'ls', '--json']);
    expect(listed.json.hosts).toMatchObject([
      {host: 'h1', state: 'not prepared', problem: 'lacks containerd, runc, cni-plugins, iptables'},
    ]);
  });

  test('is prepared once, keeps what an administrator wrote, and says what was done', async () => {
    await lab().sh(
      'h1',
      'mkdir -p /etc/containerd; echo "# mine" > /etc/containerd/config.toml; echo "version = 2" >> /etc/containerd/config.toml',
    );
    const first = await (await project()).niyanta(['host', 'prepare', 'h1', '--json']);
    expect(first).toMatchObject({code: 0});
    const done = (result: typeof first) =>
      result.json.hosts[0].steps.filter((step: {done: boolean}) => step.done).map((step: {text: string}) => step.text);
    expect(done(first)).toEqual([
      expect.stringMatching(/^installed containerd 1\.6\./),
      expect.stringMatching(/^installed runc 1\./),
      'installed CNI plugins (bridge, loopback, portmap, static)',
      'installed iptables',
      expect.stringMatching(/^started containerd; nothing here starts it at boot/),
      'switched on net.ipv4.ip_forward (/etc/sysctl.d/60-niyanta.conf)',
      "installed niyanta's scripts",
    ]);
    const second = await (await project()).niyanta(['host', 'prepare']);
    expect(second.code).toBe(0);
    expect(second.stdout).toContain('containerd runs: already so');
    expect(second.stdout).not.toContain('+');
    expect(await lab().sh('h1', 'cat /etc/containerd/config.toml')).toBe('# mine\nversion = 2\n');
    expect(await lab().sh('h1', 'ctr version >/dev/null && cat /etc/sysctl.d/60-niyanta.conf')).toContain(
      'net.ipv4.ip_forward = 1',
    );
  });

  test('is in order then', async () => {
    const ready = await lab().project(stack);
    const found = await ready.niyanta(['doctor', '--json']);
    expect(found.json.checks.filter((check: {status: string}) => check.status !== 'ok')).toEqual([]);
    expect(found.code).toBe(0);
    const inspected = await ready.niyanta(['host', 'inspect', 'h1', '--json']);
    expect(inspected.json).toMatchObject({
      host: 'h1',
      state: 'ready',
      containers: 0,
      facts: {containerd: {running: true}, os: {id: 'debian'}},
    });
    await lab().sh('h1', 'pkill -x containerd');
    const stopped = await ready.niyanta(['doctor']);
    expect(stopped.code).toBe(1);
    expect(stopped.stdout).toMatch(/✗ containerd: 1\.6\.\d+, not running\n\s+→ niyanta host prepare h1/);
  });
});

const stack = `apiVersion: niyanta/v1
kind: Stack
name: small
services:
  web: {image: example.test/web:1}
`;

test('a host with systemd is prepared for its next boot, too', {timeout: 300_000}, async () => {
  await withLab({hosts: 1, prepared: false, systemd: true}, async lab => {
    const project = await lab.project('');
    expect(await project.niyanta(['host', 'prepare'])).toMatchObject({code: 0});
    expect(await lab.sh('h1', 'systemctl is-enabled containerd niyanta-boot')).toBe('enabled\nenabled\n');
    await lab.sh('h1', 'systemctl disable --quiet --now containerd');
    const again = await project.niyanta(['host', 'prepare']);
    expect(again.stdout).toContain('+ started containerd, now and at boot');
    expect(await lab.sh('h1', 'systemctl is-enabled containerd')).toBe('enabled\n');
  });
});
