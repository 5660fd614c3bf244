import {chmod, mkdir, readdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {argv, type Connection, connect, connectAll, facts, script} from '../../src/engine/hosts/index.ts';
import {offeredHostKey, type SshOptions} from '../../src/engine/hosts/ssh-connect.ts';
import {labHosts} from '../../src/engine/lab/index.ts';
import type {Host} from '../../src/engine/spec/project.ts';
import {connectionBehaviour} from '../engine/hosts/connection-behaviour.ts';
import {sharedLab} from './harness/index.ts';

const lab = sharedLab({hosts: 2});

/** A host of the lab as a project has it, with what a test wants otherwise; `undefined` leaves a field out. */
const host = (name: string, other: Partial<Host> = {}): Host => ({
  ...labHosts(lab().lab).find(each => each.name === name)!,
  ...other,
});
/** Nothing of this machine's ~/.ssh. */
const ssh = (home = lab().scratch): SshOptions => ({env: {HOME: home}});

async function using<T>(host: Host, options: SshOptions, use: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await connect(host, options);
  try {
    return await use(connection);
  } finally {
    await connection.close();
  }
}
const idOn = (connection: Connection) => connection.run(argv('hostname')).then(({stdout}) => stdout.trim());

/** A home folder with these files under .ssh. */
async function home(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(lab().scratch, name);
  await mkdir(join(folder, '.ssh'), {recursive: true});
  for (const [file, content] of Object.entries(files)) {
    await writeFile(join(folder, '.ssh', file), content);
    await chmod(join(folder, '.ssh', file), 0o600);
  }
  return folder;
}
const publicKey = async (name: string) =>
  (await lab().sh(name, 'cat /etc/ssh/ssh_host_ed25519_key.pub')).split(' ').slice(0, 2).join(' ');
const knownHosts = async (...names: string[]) =>
  (await Promise.all(names.map(async name => `${lab().host(name).address} ${await publicKey(name)}\n`))).join('');
const labKey = () => readFile(lab().lab.identityFile, 'utf8');

describe.each([
  ['root', {}],
  ['deploy with sudo', {user: 'deploy', sudo: true}],
])('over SSH as %s', (_, user) => {
  let connection: Connection;
  beforeAll(async () => {
    connection = await connect(host('h1', user), ssh());
  });
  afterAll(() => connection.close());
  connectionBehaviour(() => connection);

  test('a terminal has its size, follows it, and ends with the process', async () => {
    const process = await connection.spawn(script('stty size; id -u; read x; stty size; exit 5'), {
      terminal: {columns: 91, rows: 27, term: 'xterm-256color'},
    });
    let shown = '';
    process.stdout.on('data', chunk => {
      shown += String(chunk).replaceAll('\r', '');
    });
    await until(async () => shown.includes('27 91\n0\n'));
    process.resize({columns: 120, rows: 40});
    process.stdin.write('\n');
    expect((await process.exit).code).toBe(5);
    await until(async () => shown.endsWith('40 120\n'));
  });

  test('a port of the host can be dialled, and one where nothing listens is told', async () => {
    const stream = await connection.dial('127.0.0.1', 22, 5000);
    const banner = await new Promise(resolve => stream.once('data', resolve));
    stream.destroy();
    expect(String(banner)).toMatch(/^SSH-2\.0-/);
    await expect(connection.dial('127.0.0.1', 2, 5000)).rejects.toMatchObject({code: 'dial-failed'});
  });

  test('the host says what it is', async () => {
    const found = facts.parse((await connection.run(facts.command)).stdout);
    expect(found).toMatchObject({
      os: {id: 'debian', version: '12'},
      containerd: {version: expect.stringMatching(/^1\.6\./), running: true},
      iptables: true,
      packageManager: 'apt',
      init: 'other',
    });
    expect(found.listening).toContainEqual({protocol: 'tcp', address: '0.0.0.0', port: 22, process: 'sshd'});
    expect(found.routes).toContain(
      `${lab()
        .host('h1')
        .address.replace(/\.\d+$/, '')}.0/24`,
    );
  });
});

describe('host keys', () => {
  const logins = () => lab().sh('h1', 'grep -cE "Accepted|Failed|user " /var/log/sshd.log || true');

  test('another key than the pinned one: refused before anything is sent', async () => {
    const before = await logins();
    const wrong = host('h1', {hostKey: `SHA256:${'A'.repeat(43)}`});
    await expect(connect(wrong, ssh())).rejects.toMatchObject({
      code: 'host-key-changed',
      host: 'h1',
      message: expect.stringContaining(lab().host('h1').hostKey),
    });
    // sshd has seen no user name, let alone a key.
    expect(await logins()).toBe(before);
  });

  test('a key that nobody knows: refused, with how to pin it', async () => {
    const unknown = host('h1', {hostKey: undefined});
    const before = await logins();
    await expect(connect(unknown, ssh(await home('nobody', {})))).rejects.toMatchObject({
      code: 'host-key-unknown',
      hint: expect.stringContaining(`niyanta host add h1 --fingerprint ${lab().host('h1').hostKey}`),
    });
    expect(await logins()).toBe(before);
  });

  test('a key of known_hosts is taken, that of another host is not', async () => {
    const unpinned = host('h1', {hostKey: undefined});
    const known = await home('known', {known_hosts: await knownHosts('h1')});
    expect(await using(unpinned, ssh(known), idOn)).toBe('h1');
    const swapped = (await knownHosts('h2')).replace(lab().host('h2').address, lab().host('h1').address);
    const wrong = await home('swapped', {known_hosts: swapped});
    await expect(connect(unpinned, ssh(wrong))).rejects.toMatchObject({code: 'host-key-changed'});
  });

  test('the key can be seen without logging in, of the type that is expected', async () => {
    const before = await logins();
    const known = await home('known', {known_hosts: await knownHosts('h1')});
    const {hostKey} = lab().host('h1');
    expect(await offeredHostKey(host('h1'), ssh(known))).toEqual({
      fingerprint: hostKey,
      type: 'ssh-ed25519',
      known: true,
    });
    const expected = await offeredHostKey(host('h1'), ssh(await home('nobody', {})), hostKey);
    expect(expected).toEqual({fingerprint: hostKey, type: 'ssh-ed25519', known: false});
    expect(await logins()).toBe(before);
  });
});

describe('identities', () => {
  /** The lab's key, encrypted, by OpenSSH itself. */
  const encrypted = async () => {
    const program =
      'umask 077; cat > /run/key; ssh-keygen -q -p -P "" -N "open sesame" -f /run/key >&2; cat /run/key; rm /run/key';
    return (await lab().exec('h1', ['sh', '-euc', program], await labKey())).stdout;
  };

  test('an encrypted one is asked for once, however many hosts want it', async () => {
    const folder = await home('encrypted', {id_lab: await encrypted()});
    const identityFile = join(folder, '.ssh/id_lab');
    const asked: string[] = [];
    const askPassphrase = async (file: string) => {
      asked.push(file);
      return 'open sesame';
    };
    const hosts = ['h1', 'h2'].map(name => host(name, {identityFile}));
    const {connections} = await connectAll(hosts, {allowUnreachable: false, ssh: {...ssh(folder), askPassphrase}});
    expect(await Promise.all([...connections.values()].map(idOn))).toEqual(['h1', 'h2']);
    await Promise.all([...connections.values()].map(connection => connection.close()));
    expect(asked).toEqual([identityFile]);
  });

  test('an encrypted one that cannot be opened is told, by whose fault', async () => {
    const folder = await home('locked', {id_lab: await encrypted(), id_text: 'no key'});
    const locked = host('h1', {identityFile: join(folder, '.ssh/id_lab')});
    await expect(connect(locked, ssh(folder))).rejects.toMatchObject({
      code: 'identity-encrypted',
      hint: expect.stringContaining('ssh-add'),
    });
    const wrong = {...ssh(folder), askPassphrase: async () => 'something else'};
    await expect(connect(locked, wrong)).rejects.toMatchObject({code: 'identity-passphrase', exit: 1});
    const text = host('h1', {identityFile: join(folder, '.ssh/id_text')});
    await expect(connect(text, ssh(folder))).rejects.toMatchObject({code: 'identity-unreadable'});
    const none = host('h1', {identityFile: join(folder, '.ssh/none')});
    await expect(connect(none, ssh(folder))).rejects.toMatchObject({code: 'identity-unreadable'});
  });

  test('a key that the host does not know is told', async () => {
    const strange = await lab().sh(
      'h1',
      'ssh-keygen -q -t ed25519 -N "" -f /run/strange; cat /run/strange; rm /run/strange*',
    );
    const folder = await home('strange', {id_ed25519: strange});
    const error = await connect(host('h1', {identityFile: undefined}), ssh(folder)).catch(caught => caught);
    expect(error).toMatchObject({code: 'authentication-failed', transient: false});
    expect(error.message).toContain(join(folder, '.ssh/id_ed25519'));
    const nobody = connect(host('h1', {identityFile: undefined}), ssh(await home('nobody', {})));
    await expect(nobody).rejects.toMatchObject({
      code: 'authentication-failed',
      message: expect.stringContaining('no identity'),
    });
  });

  test('the agent is asked, and spares the passphrase of a key that it has', async () => {
    const agent = await agentWith(await labKey());
    const folder = await home('agent', {
      id_lab: await encrypted(),
      'id_lab.pub': await readFile(`${lab().lab.identityFile}.pub`, 'utf8'),
    });
    const options = {env: {HOME: folder, SSH_AUTH_SOCK: agent}};
    expect(await using(host('h1', {identityFile: undefined}), options, idOn)).toBe('h1');
    expect(await using(host('h1', {identityFile: join(folder, '.ssh/id_lab')}), options, idOn)).toBe('h1');
  });

  /** A real ssh-agent, in the lab so that it ends with it; its socket as seen from this machine. */
  async function agentWith(key: string): Promise<string> {
    const socket = `/run/agent-${lab().name}`;
    await lab().sh(
      'h1',
      `setsid ssh-agent -D -a ${socket} >/dev/null 2>&1 </dev/null & until [ -S ${socket} ]; do sleep 0.05; done`,
    );
    await lab().exec(
      'h1',
      ['sh', '-euc', `umask 077; cat > /run/key; SSH_AUTH_SOCK=${socket} ssh-add -q /run/key; rm /run/key`],
      key,
    );
    for (const pid of await readdir('/proc')) {
      const command = /^\d+$/.test(pid) ? await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '') : '';
      if (command.startsWith('ssh-agent') && command.includes(socket)) return `/proc/${pid}/root${socket}`;
    }
    throw new Error('the agent does not run');
  }
});

describe('ways to a host', () => {
  test('an alias of ~/.ssh/config, with its user, key and address', async () => {
    const config = `Host web\n  HostName ${lab().host('h1').address}\n  User deploy\n  IdentityFile ~/.ssh/lab\n`;
    const folder = await home('config', {config, lab: await labKey()});
    const alias = host('h1', {address: 'web', user: undefined, port: undefined, identityFile: undefined});
    const user = await using(alias, ssh(folder), async connection => {
      const [name, log] = await Promise.all([idOn(connection), connection.run(script('id -u; echo "$SUDO_USER"'))]);
      return `${name} ${log.stdout}`;
    });
    expect(user).toBe('h1 0\ndeploy\n');
  });

  test('through another host, whose key is checked as well', async () => {
    const gate = lab().host('h1').address;
    const behind = host('h2', {proxyJump: `root@${gate}`});
    await expect(connect(behind, ssh(await home('nobody', {})))).rejects.toMatchObject({code: 'host-key-unknown'});
    const folder = await home('jump', {known_hosts: await knownHosts('h1')});
    const came = await using(behind, ssh(folder), async connection => {
      expect(await idOn(connection)).toBe('h2');
      return (await connection.run(script('echo "$SSH_CONNECTION"'))).stdout;
    });
    expect(came.split(' ')[0]).toBe(gate);
    const nowhere = host('h2', {port: 2, proxyJump: `root@${gate}`});
    await expect(connect(nowhere, ssh(folder))).rejects.toMatchObject({code: 'host-unreachable', transient: true});
  });
});

describe('hosts that fail', () => {
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
      const all = connectAll(hosts, {allowUnreachable: false, ssh: ssh()});
      await expect(all).rejects.toMatchObject({
        code: 'host-unreachable',
        message: expect.stringContaining('no answer within 0.7 s'),
      });
      const {connections, failures} = await connectAll(hosts, {allowUnreachable: true, ssh: ssh()});
      expect([...connections.keys()]).toEqual(['h1']);
      expect([...failures.keys()]).toEqual(['h2']);
      await Promise.all([...connections.values()].map(connection => connection.close()));
      const changed = [host('h1', {hostKey: `SHA256:${'A'.repeat(43)}`}), hosts[1]!];
      const mismatch = connectAll(changed, {allowUnreachable: true, ssh: ssh()});
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

  test('a connection that is lost under a command is a transient error, and another can be made', async () => {
    const connection = await connect(host('h1'), ssh());
    const running = connection.run(argv('sleep', '600'));
    running.catch(() => undefined);
    const withInput = connection.run(argv('sleep', '600'), {input: 'x'});
    withInput.catch(() => undefined);
    const spawned = await connection.spawn(argv('sleep', '600'));
    spawned.exit.catch(() => undefined);
    await connection.run(argv('true'));
    await lab().sh('h1', 'pkill -KILL -f "^sshd: root"');
    const lost = {code: 'connection-lost', transient: true, host: 'h1'};
    await expect(running).rejects.toMatchObject(lost);
    await expect(withInput).rejects.toMatchObject(lost);
    await expect(spawned.exit).rejects.toMatchObject(lost);
    await expect(connection.run(argv('true'))).rejects.toMatchObject(lost);
    await connection.close();
    expect(await using(host('h1'), ssh(), idOn)).toBe('h1');
  });

  test('a power cut is noticed by keepalives', async () => {
    const connection = await connect(host('h2'), ssh());
    const running = connection.run(argv('sleep', '600'));
    running.catch(() => undefined);
    await connection.run(argv('true'));
    await lab().partition('h2');
    try {
      await expect(running).rejects.toMatchObject({code: 'connection-lost', transient: true});
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
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20);
}
