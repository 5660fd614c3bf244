import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {argv, type Connection, connect, connectAll, script} from '../../src/engine/hosts/index.ts';
import {connectionBehaviour} from '../engine/hosts/connection-behaviour.ts';
import {connecting, nameOf} from './connecting.ts';
import {sharedLab} from './harness/index.ts';

const lab = sharedLab({hosts: 2});
const {host, ssh, home, knownHosts} = connecting(lab);

/** Another sshd on the host, with options of sshd_config(5). */
async function startSshd(on: string, port: number, ...options: string[]): Promise<void> {
  const words = options.map(option => `-o ${option}`).join(' ');
  await lab().sh(
    on,
    `setsid /usr/sbin/sshd -D -p ${port} ${words} -o LogLevel=VERBOSE -E /var/log/sshd-${port}.log >/dev/null 2>&1 </dev/null &
     until ss -Hlnt | grep -q ":${port} "; do sleep 0.05; done`,
  );
}

describe.each([
  ['as root', 1, 2201, {}],
  ['as root', 2, 2202, {}],
  ['as root', 4, 2203, {}],
  ['with sudo', 4, 2204, {user: 'deploy', sudo: true}],
])('over an sshd %s that allows %i sessions a connection', (_, sessions, port, user) => {
  let connection: Connection;
  let beside: Connection;
  beforeAll(async () => {
    await startSshd('h1', port, `MaxSessions=${sessions}`);
    connection = await connect(host('h1', {port, ...user}), ssh());
    beside = await connect(host('h1'), ssh());
  });
  afterAll(() => Promise.all([connection, beside].map(each => each.close())));
  connectionBehaviour(
    () => connection,
    () => beside,
  );

  test('commands and streams at once are all done', async () => {
    const kinds = Array.from({length: 24}, (_each, n) =>
      n % 2 === 0 ? connection.run(argv('echo', `${n}`)) : connection.run(argv('cat'), {input: `${n}\n`}),
    );
    expect((await Promise.all(kinds)).map(({stdout}) => stdout)).toEqual(kinds.map((_each, n) => `${n}\n`));
  });
});

describe('an sshd that hangs up on newcomers (MaxStartups 3:50:6)', () => {
  beforeAll(() => startSshd('h2', 2301, 'MaxStartups=3:50:6'));

  test('lets 40 connections at once in, one after another', async () => {
    const hosts = Array.from({length: 40}, (_, n) => host('h2', {name: `n${n}`, port: 2301}));
    const {connections} = await connectAll(hosts, {maxUnreachable: 0, ssh: ssh()});
    expect(new Set(await Promise.all([...connections.values()].map(nameOf)))).toEqual(new Set(['h2']));
    expect(connections.size).toBe(40);
    await Promise.all([...connections.values()].map(connection => connection.close()));
    // It did hang up on some.
    expect(await lab().sh('h2', 'cat /var/log/sshd-2301.log')).toMatch(/drop connection|beginning MaxStartups/);
  });

  test('lets six commands at once in, each a process of its own', async () => {
    const {address, hostKey} = lab().host('h2');
    const directory = `${lab().scratch}/startups`;
    const {TestProject} = await import('./harness/lab-fixture.ts');
    const project = new TestProject(directory, lab().scratch);
    await project.write(
      'niyanta.yaml',
      `apiVersion: niyanta/v1\nkind: Project\nname: test\nhosts:\n${[1, 2, 3]
        .map(
          n =>
            `  n${n}: {address: ${address}, port: 2301, user: root, identityFile: ${lab().lab.identityFile}, hostKey: "${hostKey}"}\n`,
        )
        .join('')}`,
    );
    const all = await Promise.all(Array.from({length: 6}, () => project.niyanta(['host', 'ls', '--json'])));
    for (const {code, stderr, stdout} of all) {
      expect(code, stderr).toBe(0);
      expect(stdout).not.toContain('cannot connect');
    }
  });
});

test('hosts behind a jump host share one connection to it, which ends with the last of them', async () => {
  const {address} = lab().host('h1');
  await startSshd('h1', 2302);
  const keys = (await knownHosts('h1')).replace(address, `[${address}]:2302`);
  const folder = await home('shared-jump', {known_hosts: keys});
  const hosts = Array.from({length: 6}, (_, n) => host('h2', {name: `n${n}`, proxyJump: `root@${address}:2302`}));
  const logins = () => lab().sh('h1', 'grep -c "Accepted publickey" /var/log/sshd-2302.log');
  const {connections} = await connectAll(hosts, {maxUnreachable: 0, ssh: ssh(folder)});
  const [first, ...others] = [...connections.values()] as [Connection, ...Connection[]];
  expect(await Promise.all(others.map(nameOf))).toEqual(others.map(() => 'h2'));
  expect((await logins()).trim()).toBe('1');
  await Promise.all(others.map(connection => connection.close()));
  expect(await nameOf(first)).toBe('h2');
  // The way there lost, and made anew with the connection.
  await lab().sh('h1', 'pkill -KILL -f "^sshd: root" || true');
  await expect
    .poll(() => first.run(script('echo "$SSH_CONNECTION"')).then(({stdout}) => stdout.split(' ')[0], String))
    .toBe(address);
  expect((await logins()).trim()).toBe('2');
  await first.close();
  await expect.poll(() => lab().sh('h1', 'pgrep -fc "^sshd: root" || true')).toBe('0\n');
});
