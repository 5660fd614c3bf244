import {spawn} from 'node:child_process';
import {mkdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {stripVTControlCharacters} from 'node:util';
import {describe, expect, test} from 'vitest';
import {niyanta, sharedLab} from './harness/index.ts';

const asked = {NIYANTA_YES: undefined};

describe('hosts of a project', () => {
  const lab = sharedLab({hosts: 2});
  let projects = 0;

  /** A project that knows no host yet. */
  async function empty(text = 'hosts: {}\n'): Promise<{directory: string; home: string}> {
    const directory = join(lab().scratch, `own-${++projects}`);
    const home = join(directory, 'home');
    await mkdir(join(home, '.ssh'), {recursive: true});
    await writeFile(
      join(directory, 'niyanta.yaml'),
      `# ours\napiVersion: niyanta/v1\nkind: Project\nname: own\n${text}`,
    );
    return {directory, home};
  }
  const run = ({directory, home}: {directory: string; home: string}, ...args: string[]) =>
    niyanta(args, {cwd: directory, env: {...asked, HOME: home}});
  const file = ({directory}: {directory: string}) => readFile(join(directory, 'niyanta.yaml'), 'utf8');
  const h1 = () => lab().host('h1');
  const login = () => ['--user', 'root', '--identity-file', lab().lab.identityFile];

  test('host add needs someone who knows the key, and pins it', async () => {
    const own = await empty();
    const before = await file(own);
    const add = (...more: string[]) => run(own, 'host', 'add', 'h1', h1().address, ...login(), ...more);
    const alone = await add();
    expect(alone.code).toBe(3);
    expect(alone.stderr).toContain(h1().hostKey);
    const other = await add('--fingerprint', `SHA256:${'A'.repeat(43)}`);
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('nothing was sent and nothing written')]);
    expect(await file(own)).toBe(before);
    const added = await add('--fingerprint', h1().hostKey, '--label', 'disk=ssd', '--json');
    expect(added.json).toMatchObject({host: 'h1', address: h1().address, hostKey: h1().hostKey});
    expect(await file(own)).toContain('# ours\n');
    const listed = await run(own, 'host', 'ls', '--json');
    expect(listed.json.hosts).toMatchObject([{host: 'h1', state: 'ready', labels: {disk: 'ssd'}}]);
    const twice = await add('--yes');
    expect([twice.code, twice.stderr]).toEqual([64, expect.stringContaining('already has a host h1')]);
  });

  test('host add asks nobody about a key of known_hosts, and pins a new one where the old one is wrong', async () => {
    const own = await empty(
      `hosts:\n  h1: {address: ${h1().address}, hostKey: "SHA256:${'A'.repeat(43)}", user: root, identityFile: ${lab().lab.identityFile}} # keep me\n`,
    );
    const [type, key] = (await lab().sh('h1', 'cat /etc/ssh/ssh_host_ed25519_key.pub')).split(' ');
    const refused = await run(own, 'host', 'inspect', 'h1');
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining(`niyanta host add h1 --fingerprint ${h1().hostKey}`),
    ]);
    await writeFile(join(own.home, '.ssh/known_hosts'), `${h1().address} ${type} ${key}\n`);
    expect((await run(own, 'host', 'add', 'h1')).code).toBe(0);
    expect(await file(own)).toContain(h1().hostKey);
    expect(await file(own)).not.toContain('AAAA');
    expect(await file(own)).toContain('# keep me');
    expect((await run(own, 'host', 'inspect', 'h1')).code).toBe(0);
  });

  test('a host that cannot be logged in to is not added', async () => {
    const own = await empty();
    const before = await file(own);
    for (const [args, code, said] of [
      [['h1', h1().address, '--user', 'root', '--yes'], 1, 'does not let root in'],
      [['h1', h1().address, '--port', '2', '--yes'], 1, 'connection refused'],
      [['h1', '--yes'], 64, 'has no address'],
      [['Not A Name', h1().address, '--yes'], 64, 'lower-case letters'],
      [['h1', 'root@h1', '--yes'], 64, 'hosts.h1.address'],
      [['h1', h1().address, '--label', 'disk', '--yes'], 64, 'name=value'],
    ] as const) {
      const done = await run(own, 'host', 'add', ...args);
      expect([done.code, done.stderr]).toEqual([code, expect.stringContaining(said)]);
    }
    expect(await file(own)).toBe(before);
  });

  test('several hosts added at once are all there', async () => {
    const own = await empty();
    const added = await Promise.all(
      ['a', 'b', 'c', 'd'].map(name =>
        run(own, 'host', 'add', name, h1().address, ...login(), '--fingerprint', h1().hostKey),
      ),
    );
    expect(added.map(({code}) => code)).toEqual([0, 0, 0, 0]);
    const listed = await run(own, 'host', 'ls', '--json');
    expect(listed.json.hosts.map(({host}: {host: string}) => host).sort()).toEqual(['a', 'b', 'c', 'd']);
  });

  test('draining is written down, for hosts of a lab as well, and taken back', async () => {
    const project = await lab().project('');
    const text = () => readFile(join(project.directory, 'niyanta.yaml'), 'utf8');
    const before = await text();
    expect((await project.niyanta(['host', 'drain', 'h2', '--json'])).json).toEqual({
      host: 'h2',
      drain: true,
      changed: true,
    });
    expect((await project.niyanta(['host', 'drain', 'h2', '--json'])).json.changed).toBe(false);
    const listed = await project.niyanta(['host', 'ls', '--json']);
    expect(listed.json.hosts.map(({state}: {state: string}) => state)).toEqual(['ready', 'draining']);
    expect((await project.niyanta(['host', 'undrain', 'h2'])).code).toBe(0);
    expect((await text()).replace(/hosts: \{ ?\}\n/, '')).toBe(before);
    const unknown = await project.niyanta(['host', 'drain', 'h3']);
    expect([unknown.code, unknown.stderr]).toEqual([64, expect.stringContaining('Hosts: h1, h2')]);
  });

  test('a host with replicas is removed only by force, and never one of a lab', async () => {
    const own = await empty('hosts:\n  gone: {address: 192.0.2.1}\n  kept: {address: 192.0.2.2}\n');
    const placement = {
      replica: 2,
      host: 'gone',
      address: '10.89.0.2',
      container: 'shop-default-web-2-abcdef',
      ports: [],
    };
    const environment = {
      stack: 'shop',
      fence: 1,
      images: {},
      subnets: {},
      placements: {web: [placement]},
      stopped: [],
      history: [],
    };
    const lock = {
      version: 1,
      project: 'own',
      serial: 4,
      salt: Buffer.alloc(16, 7).toString('base64'),
      environments: {staging: environment},
    };
    await writeFile(join(own.directory, 'niyanta.lock.json'), JSON.stringify(lock));
    const refused = await run(own, 'host', 'rm', 'gone', '--yes');
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('gone still has web 2 (staging)')]);
    expect((await run(own, 'host', 'rm', 'kept')).code).toBe(3);
    expect(await file(own)).toContain('kept');
    expect((await run(own, 'host', 'rm', 'kept', '--yes')).code).toBe(0);
    const forced = await run(own, 'host', 'rm', 'gone', '--force', '--yes', '--json');
    expect(forced.json).toEqual({host: 'gone', left: ['web 2 (staging)']});
    expect(await file(own)).not.toMatch(/gone|kept/);
    const ofLab = await (await lab().project('')).niyanta(['host', 'rm', 'h1', '--yes']);
    expect([ofLab.code, ofLab.stderr]).toEqual([64, expect.stringContaining('is a host of the lab')]);
  });

  test('a host that does not answer is listed with the reason, and doctor says what to look at', async () => {
    const own = await empty(
      `hosts:\n  far: {address: 192.0.2.1, hostKey: "${h1().hostKey}", connectTimeout: 300ms}\n  h1: {address: ${h1().address}, user: root, hostKey: "${h1().hostKey}", identityFile: ${lab().lab.identityFile}}\n`,
    );
    const listed = await run(own, 'host', 'ls', '--json');
    expect(listed.code).toBe(0);
    expect(listed.json.hosts).toMatchObject([
      {host: 'far', state: 'unreachable', problem: expect.stringContaining('192.0.2.1')},
      {host: 'h1', state: 'ready'},
    ]);
    const found = await run(own, 'doctor', '--json');
    expect(found.code).toBe(1);
    expect(found.json.checks).toContainEqual(
      expect.objectContaining({
        subject: 'host far',
        check: 'reachable',
        status: 'failed',
        fix: expect.stringContaining('sshd'),
      }),
    );
    const prepared = await run(own, 'host', 'prepare', '--json');
    expect(prepared.code).toBe(1);
    expect(prepared.json.hosts).toMatchObject([{host: 'far', error: {code: 'host-unreachable'}}, {host: 'h1'}]);
  });

  test('on a terminal the key is shown and asked for, and so is a passphrase, once', async () => {
    const own = await empty();
    const program =
      'umask 077; cat > /run/key; ssh-keygen -q -p -P "" -N "open sesame" -f /run/key >&2; cat /run/key; rm /run/key';
    const key = await lab().exec('h1', ['sh', '-euc', program], await readFile(lab().lab.identityFile, 'utf8'));
    const identity = join(own.home, '.ssh/locked');
    await writeFile(identity, key.stdout, {mode: 0o600});
    const no = await typing(
      own,
      ['host', 'add', 'h1', h1().address, '--user', 'root', '-i', identity],
      [['Is it the right one?', 'n\r']],
    );
    expect(no).toContain('not confirmed');
    const added = await typing(
      own,
      ['host', 'add', 'h1', h1().address, '--user', 'root', '-i', identity],
      [
        ['Is it the right one?', 'y\r'],
        ['Passphrase of', 'open sesame\r'],
      ],
    );
    expect(added).toContain(h1().hostKey);
    expect(added).toContain('added h1');
    expect(added).not.toContain('open sesame');
    await run(
      own,
      'host',
      'add',
      'h2',
      lab().host('h2').address,
      ...login(),
      '--fingerprint',
      lab().host('h2').hostKey,
    );
    const listed = await typing(own, ['host', 'ls'], [['Passphrase of', 'open sesame\r']]);
    expect(listed).toMatch(/h1 .* ready/);
    expect(listed).toMatch(/h2 .* ready/);
    const wrong = await typing(own, ['host', 'inspect', 'h1'], [['Passphrase of', 'something\r']]);
    expect(wrong).toContain('that is not the passphrase');
  });
});

/** Runs a command on a terminal that `script` of util-linux makes, types each answer when it is asked for, and gives what was shown. */
async function typing(
  {directory, home}: {directory: string; home: string},
  args: readonly string[],
  answers: readonly (readonly [string, string])[],
): Promise<string> {
  const words = [process.execPath, join(import.meta.dirname, '../../bin/dev.js'), ...args].map(word => `'${word}'`);
  const child = spawn('script', ['-qfec', `stty cols 200 rows 40; ${words.join(' ')}`, '/dev/null'], {
    cwd: directory,
    env: {...process.env, HOME: home, TERM: 'xterm', NO_COLOR: '1', NIYANTA_YES: undefined, SSH_AUTH_SOCK: undefined},
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let shown = '';
  const left = [...answers];
  child.stdout.on('data', chunk => {
    shown += stripVTControlCharacters(String(chunk));
    const [next] = left;
    if (next === undefined || !shown.includes(next[0])) return;
    left.shift();
    child.stdin.write(next[1]);
  });
  await new Promise(resolve => child.once('close', resolve));
  return shown;
}
