import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest';
import {sharedLab} from './harness/index.ts';
import {RuntimeHost} from './harness/runtime-host.ts';

const mixed = sharedLab({hosts: 3, release: 'mixed'});
/** The restart monitor looks every 10 s. */
const patience = {timeout: 40_000, interval: 300};
/** busybox-static's wget crashes on some releases. */
const fetch = (address: string, port: number) =>
  `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | busybox nc -w 2 ${address} ${port} | tail -n 1`;
const web = {
  command: ['sh', '-c', 'echo started; exec httpd -f -p 8080 -h /www'],
  ports: [{host: 8081, container: 8080, protocol: 'tcp' as const}],
};

describe.each(['h1', 'h2', 'h3'])('on %s', name => {
  let host: RuntimeHost;
  beforeAll(async () => {
    host = await RuntimeHost.ready(mixed(), name);
  });
  afterEach(() => host.clear());
  const answers = (spec: {network: {address: string}}) => mixed().sh(name, fetch(spec.network.address, 8080));

  test('what dies is started again with its network and log, and counted; what was stopped or may end stays so', async () => {
    const spec = await host.create('web', web);
    const stopped = await host.create('stopped', {});
    const job = await host.create('job', {restart: 'never', command: ['sh', '-c', 'echo once; exit 1']});
    const fails = host.version.startsWith('1.6.')
      ? undefined
      : await host.create('fails', {
          restart: 'on-failure',
          command: ['sh', '-c', 'if [ -e /tmp/x ]; then echo fine; exit 0; fi; touch /tmp/x; exit 3'],
        });
    await host.stop(stopped);
    await expect.poll(() => answers(spec)).toBe('hello\n');
    await host.sh(`kill -9 ${(await host.see(spec.id)).pid}`);
    await expect.poll(() => host.see(spec.id), patience).toMatchObject({task: 'running', restarts: 1, networkUp: true});
    await expect.poll(() => answers(spec)).toBe('hello\n');
    await expect.poll(() => host.log(spec.id)).toEqual(['stdout F started', 'stdout F started']);
    expect(await mixed().sh(name, fetch('127.0.0.1', 8081))).toBe('hello\n');
    if (fails) {
      await expect.poll(() => host.see(fails.id), patience).toMatchObject({task: 'stopped', restarts: 1, exitCode: 0});
      await expect.poll(() => host.log(fails.id)).toEqual(['stdout F fine']);
    }
    expect(await host.see(stopped.id)).toMatchObject({task: 'none'});
    expect(await host.see(job.id)).toMatchObject({task: 'stopped', exitCode: 1, restarts: 0});
    await expect.poll(() => host.log(job.id)).toEqual(['stdout F once']);
  });

  test('containers and their networks go on without containerd, and are found again by it', async () => {
    const spec = await host.create('web', web);
    await expect.poll(() => answers(spec)).toBe('hello\n');
    const {pid} = await host.see(spec.id);
    await host.sh('pkill -KILL -x containerd');
    expect(await answers(spec)).toBe('hello\n');
    await mixed().exec(name, [
      'sh',
      '-c',
      'pgrep -x containerd >/dev/null || setsid containerd >/dev/null 2>&1 </dev/null &',
    ]);
    await expect.poll(() => host.sh('ctr version >/dev/null 2>&1 && echo up || :'), patience).toBe('up');
    expect(await host.see(spec.id)).toMatchObject({task: 'running', pid, networkUp: true, restarts: 0});
    await host.stop(spec);
    await host.start(spec);
    await expect.poll(() => answers(spec)).toBe('hello\n');
  });
});

describe.each([
  ['a plain init', {release: 'bookworm' as const, systemd: false}],
  ['systemd', {release: 'bookworm' as const, systemd: true}],
])('after a power cut, on a host with %s', (_, options) => {
  const lab = sharedLab({hosts: 1, ...options});
  let host: RuntimeHost;
  beforeAll(async () => {
    host = await RuntimeHost.ready(lab(), 'h1');
  });
  afterAll(() => host.connection.close());

  test('what ran is back with its address, port, names and data; what was stopped stays stopped', async () => {
    await host.sh('mkdir -p /var/lib/niyanta/volumes/test.t.e1/data');
    const spec = await host.create('web', {
      ...web,
      volumes: [{volume: 'data', source: '/var/lib/niyanta/volumes/test.t.e1/data', target: '/data', readOnly: false}],
    });
    const stopped = await host.create('stopped', {ports: [{host: 8082, container: 8080, protocol: 'tcp'}]});
    await host.inside(spec.id, 'sh', '-c', 'echo kept >/data/file; sync');
    await host.stop(stopped);
    await host.sh('sync');
    await lab().kill('h1');
    await lab().reboot('h1');
    await host.reconnect();
    await expect
      .poll(() => host.see(spec.id), {...patience, timeout: 60_000})
      .toMatchObject({task: 'running', networkUp: true});
    expect(await host.inside(spec.id, 'cat', '/data/file')).toBe('kept');
    expect(await host.inside(spec.id, 'cat', '/etc/hosts')).toContain(`${spec.network.address} web`);
    const page = fetch(lab().host('h1').address, 8081);
    await expect.poll(() => lab().sh('h1', page)).toBe('hello\n');
    expect(await host.see(stopped.id)).toMatchObject({task: 'none', networkUp: true});
    expect(await host.sh('iptables-save -t nat')).not.toContain('8082');
    await host.start(stopped);
    expect(await host.see(stopped.id)).toMatchObject({task: 'running', networkUp: true});
  });
});
