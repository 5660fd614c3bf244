import {readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {connect, connectAll, script} from '../../src/engine/hosts/index.ts';
import {offeredHostKey} from '../../src/engine/hosts/ssh-connect.ts';
import {connecting, nameOf, using} from './connecting.ts';
import {sharedLab} from './harness/index.ts';

const lab = sharedLab({hosts: 2});
const {host, ssh, home, knownHosts, labKey, encryptedKey} = connecting(lab);

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
    expect(await using(unpinned, ssh(known), nameOf)).toBe('h1');
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
  test('an encrypted one is asked for once, however many hosts want it', async () => {
    const folder = await home('encrypted', {id_lab: await encryptedKey()});
    const identityFile = join(folder, '.ssh/id_lab');
    const asked: string[] = [];
    const askPassphrase = async (file: string) => {
      asked.push(file);
      return 'open sesame';
    };
    const hosts = ['h1', 'h2'].map(name => host(name, {identityFile}));
    const {connections} = await connectAll(hosts, {maxUnreachable: 0, ssh: {...ssh(folder), askPassphrase}});
    expect(await Promise.all([...connections.values()].map(nameOf))).toEqual(['h1', 'h2']);
    await Promise.all([...connections.values()].map(connection => connection.close()));
    expect(asked).toEqual([identityFile]);
  });

  test('an encrypted one that cannot be opened is told, by whose fault', async () => {
    const folder = await home('locked', {id_lab: await encryptedKey(), id_text: 'no key'});
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
      id_lab: await encryptedKey(),
      'id_lab.pub': await readFile(`${lab().lab.identityFile}.pub`, 'utf8'),
    });
    const options = {env: {HOME: folder, SSH_AUTH_SOCK: agent}};
    expect(await using(host('h1', {identityFile: undefined}), options, nameOf)).toBe('h1');
    expect(await using(host('h1', {identityFile: join(folder, '.ssh/id_lab')}), options, nameOf)).toBe('h1');
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
      const [name, log] = await Promise.all([nameOf(connection), connection.run(script('id -u; echo "$SUDO_USER"'))]);
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
      expect(await nameOf(connection)).toBe('h2');
      return (await connection.run(script('echo "$SSH_CONNECTION"'))).stdout;
    });
    expect(came.split(' ')[0]).toBe(gate);
    const nowhere = host('h2', {port: 2, proxyJump: `root@${gate}`});
    await expect(connect(nowhere, ssh(folder))).rejects.toMatchObject({code: 'host-unreachable', transient: true});
  });
});
