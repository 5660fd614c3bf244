import {type ChildProcess, execFileSync, spawn} from 'node:child_process';
import {mkdir, readdir, readFile, writeFile} from 'node:fs/promises';
import {connect as connectTcp} from 'node:net';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {pullImage, registryDigest, resolveReference} from '../../src/engine/runtime/images/index.ts';
import {busyboxArchive, type LabFixture} from './harness/index.ts';
import {threeContainerds} from './three-containerds.ts';

const {labs, hosts, first} = threeContainerds();

describe('a registry on the network of the hosts', () => {
  const password = 'pull-me-5!$"x';
  const processes: ChildProcess[] = [];
  const addresses: {open: string; locked: string}[] = [];

  beforeAll(async () => {
    const folder = join(first().scratch, 'registry');
    await mkdir(folder);
    await writeFile(join(folder, 'htpasswd'), execFileSync('htpasswd', ['-Bbin', 'joe'], {input: password}));
    for (const lab of labs) addresses.push(await startRegistries(lab(), folder, processes));
    const path = join(first().scratch, 'pushed.tar');
    await writeFile(path, await busyboxArchive({reference: 'shop/web:1'}));
    execFileSync('skopeo', [
      'copy',
      '--dest-tls-verify=false',
      `oci-archive:${path}`,
      `docker://${addresses[0]!.open}/shop/web:1`,
    ]);
  });
  afterAll(() => {
    for (const child of processes) child.kill();
  });

  const joe = {http: true, username: 'joe', password};

  test('is pulled from over plain http when told, and says so when not', async () => {
    for (const [i, host] of hosts.entries()) {
      const reference = `${addresses[i]!.open}/shop/web:1`;
      await expect(pullImage(host, reference)).rejects.toMatchObject({
        code: 'registry-plain-http',
        hint: expect.stringContaining('http: true'),
      });
      const {name, digest} = await pullImage(host, reference, {access: {http: true}});
      expect(await resolveReference(host.reading, name)).toBe(digest);
      expect(await registryDigest(host.reading, reference, {http: true})).toBe(digest);
    }
  });

  test('gives exactly the pinned digest, again without being asked', async () => {
    for (const [i, host] of hosts.entries()) {
      const reference = `${addresses[i]!.open}/shop/web:1`;
      const digest = await registryDigest(host.reading, reference, {http: true});
      await pullImage(host, reference, {access: {http: true}, digest});
      // No access given: whoever asked the registry would fail.
      expect(await pullImage(host, reference, {digest})).toEqual({name: reference, digest});
      const other = {digest: `sha256:${'0'.repeat(64)}`, access: {http: true}};
      await expect(pullImage(host, reference, other)).rejects.toMatchObject({code: 'image-not-found'});
    }
  });

  test('with a password gives it to who knows the password, who leaves it nowhere', async () => {
    const secrets = [password, Buffer.from(`joe:${password}`).toString('base64')];
    for (const [i, host] of hosts.entries()) {
      const reference = `${addresses[i]!.locked}/shop/web:1`;
      const seen = watchProcesses(secrets);
      const {name, digest} = await pullImage(host, reference, {access: joe});
      expect(await seen()).toEqual([]);
      expect(await resolveReference(host.reading, name)).toBe(digest);
      const left = await labs[i]!().sh(
        'h1',
        `grep -rlsF -e '${secrets[1]}' /run /tmp /etc /root /var/lib/containerd/io.containerd.metadata.v1.bolt /var/log || true; ls -d /run/niyanta-pull.* 2>/dev/null || true`,
      );
      expect(left).toBe('');
    }
  });

  test.each([
    ['an unknown tag', 'shop/web:9', joe, 'image-not-found'],
    ['an unknown name', 'shop/nothing:1', joe, 'image-not-found'],
    ['a wrong password', 'shop/web:1', {...joe, password: 'no'}, 'registry-unauthorized'],
    ['no password', 'shop/web:1', {http: true}, 'registry-unauthorized'],
  ])('%s is a permanent error of its own', async (_, image, access, code) => {
    for (const [i, host] of hosts.entries()) {
      const reference = `${addresses[i]!.locked}/${image}`;
      await expect(pullImage(host, reference, {access})).rejects.toMatchObject({code, transient: false});
      await expect(registryDigest(host.reading, reference, access)).rejects.toMatchObject({code, transient: false});
    }
  });

  test('that is down may be back later', async () => {
    for (const [i, host] of hosts.entries()) {
      const nobody = `${addresses[i]!.open.replace(/:\d+$/, '')}:9/a:1`;
      for (const access of [{http: true}, joe]) {
        await expect(pullImage(host, nobody, {access})).rejects.toMatchObject({
          code: 'registry-unreachable',
          transient: true,
        });
      }
    }
  });
});

/** Two registries over one store, on this machine's address in the lab: one open, one with a password. */
async function startRegistries(
  lab: LabFixture,
  folder: string,
  processes: ChildProcess[],
): Promise<{open: string; locked: string}> {
  const host = `10.200.${lab.lab.number}.1`;
  const start = async (kind: string, port: number, auth: string): Promise<string> => {
    const file = join(folder, `${kind}-${lab.lab.number}.yml`);
    await writeFile(
      file,
      `version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: ${folder}/data}}\nhttp: {addr: "${host}:${port}"}\n${auth}`,
    );
    processes.push(spawn('docker-registry', ['serve', file], {stdio: 'ignore'}));
    await listening(host, port);
    return `${host}:${port}`;
  };
  return {
    open: await start('open', 5000, ''),
    locked: await start('locked', 5001, `auth: {htpasswd: {realm: lab, path: ${folder}/htpasswd}}\n`),
  };
}

async function listening(host: string, port: number): Promise<void> {
  for (let i = 0; i < 200; i += 1) {
    const open = await new Promise<boolean>(resolve => {
      const socket = connectTcp(port, host, () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
    if (open) return;
    await sleep(50);
  }
  throw new Error(`nothing listens on ${host}:${port}`);
}

/** Looks at every process's arguments and environment (hosts' are this machine's) until told to stop. */
function watchProcesses(secrets: readonly string[]): () => Promise<string[]> {
  const found = new Set<string>();
  let rounds = 0;
  let going = true;
  const watching = (async () => {
    while (going) {
      for (const pid of await readdir('/proc')) {
        if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
        for (const name of ['cmdline', 'environ']) {
          const text = await readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
          if (secrets.some(secret => text.includes(secret))) found.add(`${pid} ${name}`);
        }
      }
      rounds += 1;
    }
  })();
  return async () => {
    going = false;
    await watching;
    expect(rounds).toBeGreaterThan(0);
    return [...found];
  };
}
