import {afterEach, beforeAll, describe, expect, test} from 'vitest';
import {sharedLab} from './harness/index.ts';
import {RuntimeHost} from './harness/runtime-host.ts';

const lab = sharedLab({hosts: 3, release: 'mixed'});
const said = (host: RuntimeHost, id: string, lines: string[]) =>
  expect.poll(() => host.log(id), {timeout: 10_000}).toEqual(lines);

describe.each(['h1', 'h2', 'h3'])('a container on %s', name => {
  let host: RuntimeHost;
  beforeAll(async () => {
    host = await RuntimeHost.ready(lab(), name);
  });

  afterEach(() => host.clear());

  test('gets its environment, and its secrets are nowhere else on the host', async () => {
    const env = {PLAIN: 'two words', ODD: ` '"$HOME\`x\` \\ ! é🦭 = # `, TOKEN: 'placeholder'};
    const secret = 'very-secret-4711';
    const spec = await host.create('env', {env, secretEnv: {TOKEN: secret}});
    for (const [variable, value] of Object.entries({...env, TOKEN: secret}))
      expect(await host.inside(spec.id, 'sh', '-c', `printf '<%s>' "$${variable}"`)).toBe(`<${value}>`);
    const left = await host.sh(`
      grep -rlF ${secret} /var/lib/niyanta /run/niyanta /usr/local/lib/niyanta /tmp 2>/dev/null || :
      ls -A /run/niyanta | grep ^script || :
      for file in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <"$file" 2>/dev/null | grep -F very-secret | grep -v grep || :; done`);
    expect(left).toBe('');
  });

  test('runs the command with its words as they are', async () => {
    const words = ['-c', '--', '', ' two  words ', `'"$(id)\`\\`, '*', '-n', 'é🦭', 'a,b="c"'];
    const spec = await host.create('words', {
      restart: 'never',
      entrypoint: ['sh', '-c', 'for word; do printf "<%s>\\n" "$word"; done', 'sh'],
      command: words,
    });
    await said(
      host,
      spec.id,
      words.map(word => `stdout F <${word}>`),
    );
  });

  test('is told its labels, folder, hostname and mounts, with every character that they may have', async () => {
    const odd = `/srv/a b,c="d'e`;
    await lab().exec(name, ['mkdir', '-p', odd]);
    await lab().exec(name, ['sh', '-c', 'echo hello >"$1/file"', 'sh', odd]);
    const spec = await host.create('mounts', {
      labels: {'example.org/team': 'a,b = "c"'},
      workdir: '/tmp',
      mounts: [
        {source: odd, target: '/in "side', readOnly: true},
        {source: odd, target: '/out', readOnly: false},
      ],
    });
    expect(await host.inside(spec.id, 'pwd')).toBe('/tmp');
    expect(await host.inside(spec.id, 'cat', '/in "side/file', '/etc/hostname')).toBe('hello\nmounts-1');
    expect(await host.inside(spec.id, 'touch', '/in "side/new')).toMatch(/[Rr]ead-only/);
    expect(await host.inside(spec.id, 'touch', '/out/new')).toBe('');
    expect(await host.inside(spec.id, 'cat', '/etc/hosts')).toContain(`${spec.network.address} mounts\n`);
    const info = JSON.parse(await host.sh(`ctr -n niyanta containers info ${spec.id}`));
    expect(info.Labels).toMatchObject({'example.org/team': 'a,b = "c"', 'niyanta.service': 'mounts'});
  });

  test('is confined: seccomp, no new privileges, capabilities, limits, read-only root', async () => {
    const spec = await host.create('confined', {
      readOnly: true,
      capabilities: {add: ['NET_BIND_SERVICE'], drop: ['ALL']},
      resources: {cpu: 0.5, memory: 64 * 1024 * 1024},
    });
    const status = await host.inside(spec.id, 'grep', '-E', '^(CapEff|CapBnd|NoNewPrivs|Seccomp):', '/proc/1/status');
    expect(status.split(/\s+/)).toEqual([
      'CapEff:',
      '0000000000000400',
      'CapBnd:',
      '0000000000000400',
      'NoNewPrivs:',
      '1',
      'Seccomp:',
      '2',
    ]);
    expect(await host.inside(spec.id, 'touch', '/new')).toMatch(/[Rr]ead-only/);
    const limits = `cd /sys/fs/cgroup; cat memory/niyanta/${spec.id}/memory.limit_in_bytes cpu/niyanta/${spec.id}/cpu.cfs_quota_us cpu/niyanta/${spec.id}/cpu.cfs_period_us`;
    const [memory, quota, period] = (await host.sh(limits)).split('\n').map(Number);
    expect([memory, quota! / period!]).toEqual([64 * 1024 * 1024, 0.5]);
    const free = await host.create('free', {seccomp: 'unconfined', noNewPrivileges: false});
    // Without MKNOD, NET_RAW and AUDIT_WRITE, which containerd would give.
    expect(await host.inside(free.id, 'grep', '-E', '^(CapEff|NoNewPrivs|Seccomp):', '/proc/1/status')).toBe(
      'CapEff:\t00000000800405fb\nNoNewPrivs:\t0\nSeccomp:\t0',
    );
  });

  test('is stopped by its signal, in its grace, or killed after it; and starts again', async () => {
    const polite = await host.create('polite', {
      command: ['sh', '-c', 'trap "echo bye; exit 0" USR1; echo up; while :; do sleep 0.05; done'],
      stop: {signal: 'SIGUSR1', graceMs: 30_000},
    });
    const deaf = await host.create('deaf', {
      command: ['sh', '-c', 'trap "echo no" TERM; echo up; while :; do sleep 0.05; done'],
      stop: {signal: 'SIGTERM', graceMs: 300},
    });
    await said(host, polite.id, ['stdout F up']);
    await said(host, deaf.id, ['stdout F up']);
    await host.stop(polite);
    await host.stop(deaf);
    await said(host, polite.id, ['stdout F up', 'stdout F bye']);
    await said(host, deaf.id, ['stdout F up', 'stdout F no']);
    expect((await host.observed()).map(({task}) => task)).toEqual(['none', 'none']);
    await host.stop(polite);
    await host.start(polite);
    await host.start(polite);
    expect(await host.see(polite.id)).toMatchObject({task: 'running', networkUp: true, restarts: 0});
    await host.remove(polite.id);
    await host.remove(deaf.id);
    await host.remove(deaf.id);
    await host.stop(deaf);
  });

  test('whose job is done is seen with its exit code', async () => {
    const good = await host.create('good', {restart: 'never', command: ['true']});
    const bad = await host.create('bad', {restart: 'never', command: ['sh', '-c', 'printf torn; exit 7']});
    await expect.poll(async () => (await host.observed()).map(({task}) => task)).toEqual(['stopped', 'stopped']);
    expect(await host.see(good.id)).toMatchObject({exitCode: 0, restarts: 0});
    expect(await host.see(bad.id)).toMatchObject({exitCode: 7, restarts: 0});
    await expect.poll(async () => (await host.log(bad.id))[0]).toMatch(/^stdout [FP] torn$/);
  });

  test('that is removed leaves nothing behind', async () => {
    const spec = await host.create('orphan', {ports: [{host: 8099, container: 8080, protocol: 'tcp'}]});
    expect(await host.sh('iptables-save -t nat')).toContain('8099');
    await host.remove(spec.id);
    // Who asks how it ended may do so for a moment longer.
    const left = () =>
      host.sh(`
      ls -A /run/netns /var/lib/niyanta/containers /var/lib/niyanta/networks /var/lib/niyanta/hosts /var/lib/niyanta/logs | grep -v : || :
      ip -o link | grep -E ' (ne0ad6|ny0)' || :
      iptables-save | grep -E '10\\.214\\.|CNI-[A-Z]*-?[0-9a-f]{8}' || :
      ctr -n niyanta containers ls -q; ctr -n niyanta tasks ls -q
      ctr -n niyanta snapshots ls | grep t-e || :
      ps ax -o args | grep '[t]-e1-' || :`);
    await expect.poll(async () => (await left()).trim(), {timeout: 10_000}).toBe('');
  });
});

test('a container cannot be taken for gone when containerd does not answer', async () => {
  const host = await RuntimeHost.ready(lab(), 'h3');
  const spec = await host.create('kept');
  await host.sh('pkill -STOP -x containerd || :; mv /run/containerd/containerd.sock /run/containerd/away');
  try {
    await expect(host.remove(spec.id)).rejects.toThrow();
    await expect(host.stop(spec)).rejects.toThrow();
  } finally {
    await host.sh('mv /run/containerd/away /run/containerd/containerd.sock; pkill -CONT -x containerd || :');
  }
  expect(await host.see(spec.id)).toMatchObject({task: 'running', manifest: {version: 1}});
  await host.remove(spec.id);
});
