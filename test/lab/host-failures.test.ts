import {expect, test} from 'vitest';
import {argv, connect, connectAll} from '../../src/engine/hosts/index.ts';
import {connecting, nameOf} from './connecting.ts';
import {sharedLab} from './harness/index.ts';

const lab = sharedLab({hosts: 2});
const {host, ssh} = connecting(lab);

test('one where nothing listens is told as such', async () => {
  await expect(connect(host('h1', {port: 2}), ssh())).rejects.toMatchObject({
    code: 'host-unreachable',
    message: expect.stringContaining('connection refused'),
    transient: true,
  });
});

test('a black hole is given up within the connect timeout, and the others may go on', async () => {
  await lab().partition('h2');
  try {
    const hosts = [host('h1'), host('h2', {connectTimeoutMs: 700})];
    const all = connectAll(hosts, {maxUnreachable: 0, ssh: ssh()});
    await expect(all).rejects.toMatchObject({
      code: 'host-unreachable',
      message: expect.stringContaining('no answer within 0.7 s'),
    });
    const {connections, failures} = await connectAll(hosts, {maxUnreachable: Number.POSITIVE_INFINITY, ssh: ssh()});
    expect([...connections.keys()]).toEqual(['h1']);
    expect([...failures.keys()]).toEqual(['h2']);
    await Promise.all([...connections.values()].map(connection => connection.close()));
    const changed = [host('h1', {hostKey: `SHA256:${'A'.repeat(43)}`}), hosts[1]!];
    const mismatch = connectAll(changed, {maxUnreachable: Number.POSITIVE_INFINITY, ssh: ssh()});
    await expect(mismatch).rejects.toMatchObject({code: 'host-key-changed'});
  } finally {
    await lab().heal('h2');
  }
});

test('a server that never speaks is given up, too', async () => {
  const listens = `perl -MIO::Socket::INET -e 'IO::Socket::INET->new(Listen => 5, LocalPort => 2200) and sleep 600'`;
  await lab().sh(
    'h1',
    `setsid ${listens} >/dev/null 2>&1 </dev/null & until ss -Hlnt | grep -q :2200; do sleep 0.05; done`,
  );
  const silent = host('h1', {port: 2200, connectTimeoutMs: 700});
  await expect(connect(silent, ssh())).rejects.toMatchObject({
    code: 'host-unreachable',
    message: expect.stringContaining('no answer within 0.7 s'),
    transient: true,
  });
});

test.each([
  ['root', {}],
  ['deploy with sudo', {user: 'deploy', sudo: true}],
])(
  'a connection of %s that is lost under commands rejects them as transient, and is made anew for the next',
  async (_, user) => {
    const connection = await connect(host('h1', user), ssh());
    const running = connection.run(argv('sleep', '600'));
    running.catch(() => undefined);
    const withInput = connection.run(argv('sleep', '600'), {input: 'x'});
    withInput.catch(() => undefined);
    const spawned = await connection.spawn(argv('sleep', '600'));
    spawned.exit.catch(() => undefined);
    await connection.run(argv('true'));
    await lab().sh('h1', 'pkill -KILL -f "^sshd: (root|deploy)"');
    const lost = {code: 'connection-lost', transient: true, host: 'h1'};
    await expect(running).rejects.toMatchObject(lost);
    await expect(withInput).rejects.toMatchObject(lost);
    await expect(spawned.exit).rejects.toMatchObject(lost);
    expect(await lab().sh('h1', 'pgrep -c sleep')).toBe('3\n');
    expect(await nameOf(connection)).toBe('h1');
    // What the first one left running would go on beside its repetition.
    await expect.poll(() => lab().sh('h1', 'pgrep -c sleep || true')).toBe('0\n');
    await connection.close();
  },
);

test('a power cut is noticed within 20 s, and told with the time of the last sign of life', async () => {
  const connection = await connect(host('h2'), ssh());
  const running = connection.run(argv('sleep', '600'));
  running.catch(() => undefined);
  await connection.run(argv('true'));
  await lab().partition('h2');
  try {
    await expect(running).rejects.toMatchObject({
      code: 'connection-lost',
      transient: true,
      message: expect.stringMatching(/^h2: .* no sign of life since \d\d:\d\d:\d\d UTC, (1[5-9]|20) s$/),
    });
  } finally {
    await lab().heal('h2');
    await connection.close();
  }
});

test('a user who cannot become root is told what to do', async () => {
  const plain = host('h1', {user: 'plain'});
  const keys = '/home/deploy/.ssh/authorized_keys';
  await lab().sh(
    'h1',
    `useradd -m plain; install -d -m 700 -o plain ~plain/.ssh; install -o plain -m 600 ${keys} ~plain/.ssh/`,
  );
  await expect(connect(plain, ssh())).rejects.toMatchObject({code: 'sudo-password', host: 'h1'});
  await lab().sh('h1', 'mv /usr/bin/sudo /usr/bin/sudo.off');
  const without = connect(plain, ssh());
  await expect(without.finally(() => lab().sh('h1', 'mv /usr/bin/sudo.off /usr/bin/sudo'))).rejects.toMatchObject({
    code: 'sudo-missing',
    hint: expect.stringContaining('Install sudo'),
  });
});
