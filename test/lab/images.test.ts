import {type ChildProcess, execFileSync, spawn} from 'node:child_process';
import {mkdir, readdir, readFile, writeFile} from 'node:fs/promises';
import {connect as connectTcp} from 'node:net';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {type Connection, connect} from '../../src/engine/hosts/index.ts';
import {labHosts} from '../../src/engine/lab/index.ts';
import {
  buildImage,
  buildKey,
  type LocalImage,
  missingBlobs,
  openImage,
  peekBuild,
  pullImage,
  registryDigest,
  resolveReference,
  sendImage,
  sentName,
} from '../../src/engine/runtime/images/index.ts';
import {busyboxArchive, type LabFixture, sharedLab} from './harness/index.ts';

/** containerd 1.6, 1.7 and 2.x. */
const releases = ['bookworm', 'trixie', 'sid'] as const;
const labs = releases.map(release => sharedLab({hosts: 1, release}));
const connections: Connection[] = [];
const first = (): LabFixture => labs[0]!();

beforeAll(async () => {
  for (const lab of labs) connections.push(await connect(labHosts(lab().lab)[0]!));
});
afterAll(async () => {
  for (const connection of connections) await connection.close();
});

async function archive(name: string, page: string): Promise<LocalImage> {
  const path = join(first().scratch, `${name}.tar`);
  await writeFile(path, await busyboxArchive({reference: `example/${name}:1`, files: {'/www/index.html': page}}));
  return openImage(path);
}

describe('sending an image to hosts without a registry', () => {
  test('takes every byte once, then only what changed, on three hosts at once', async () => {
    const [one, two] = [await archive('one', 'page one'), await archive('two', 'page two')];
    const whole = one.blobs.reduce((sum, blob) => sum + blob.size, 0);
    const changed = two.blobs.at(-1)!.size;
    const progress: number[] = [];
    const firstSent = await Promise.all(
      connections.map(connection =>
        sendImage(connection, one, sentName('shop', 'web', one.digest), {onProgress: done => progress.push(done)}),
      ),
    );
    for (const {bytes} of firstSent) expect(bytes).toBeGreaterThanOrEqual(whole);
    expect(Math.max(...progress)).toBe(whole);
    const secondSent = await Promise.all(
      connections.map(connection => sendImage(connection, two, sentName('shop', 'web', two.digest))),
    );
    for (const [i, {bytes, blobs}] of secondSent.entries()) {
      expect(blobs).not.toContain(two.blobs[2]!.digest);
      expect(bytes).toBeLessThan(changed * 1.02 + 16 * 1024);
      for (const image of [one, two]) {
        expect(await resolveReference(connections[i]!, sentName('shop', 'web', image.digest))).toBe(image.digest);
      }
    }
  });

  test('gives images that run', async () => {
    const image = await archive('runs', 'runs');
    const name = sentName('shop', 'runs', image.digest);
    for (const [i, lab] of labs.entries()) {
      await sendImage(connections[i]!, image, name);
      const output = await lab().sh('h1', `ctr -n niyanta run --rm ${name} r1 cat /www/index.html </dev/null`);
      expect(output).toBe('runs');
    }
  });

  test('stops when told, leaves no name behind, and works when repeated', async () => {
    const image = await archive('stopped', 'x'.repeat(30_000_000));
    const name = sentName('shop', 'stopped', image.digest);
    for (const connection of connections) {
      const stop = new AbortController();
      const sending = sendImage(connection, image, name, {
        signal: stop.signal,
        onProgress: (done, total) => done > total / 2 && stop.abort(),
      });
      await expect(sending).rejects.toMatchObject({name: 'AbortError'});
      expect(await resolveReference(connection, name)).toBeUndefined();
      await sendImage(connection, image, name);
      expect(await resolveReference(connection, name)).toBe(image.digest);
    }
  });

  test('refuses a file whose layer is damaged, before the image has a name', async () => {
    const path = join(first().scratch, 'damaged.tar');
    const content = await busyboxArchive({files: {'/www/index.html': 'sound and whole'}});
    content.write('DAMAGED', content.lastIndexOf('sound and whole'));
    await writeFile(path, content);
    const image = await openImage(path);
    const name = sentName('shop', 'damaged', image.digest);
    for (const connection of connections) {
      await expect(sendImage(connection, image, name)).rejects.toMatchObject({code: 'image-corrupt'});
      expect(await resolveReference(connection, name)).toBeUndefined();
    }
  });

  test('sends again what the garbage collector took', async () => {
    const image = await archive('collected', 'collected');
    const name = sentName('shop', 'collected', image.digest);
    for (const [i, lab] of labs.entries()) {
      await sendImage(connections[i]!, image, name);
      await lab().sh('h1', 'ctr -n niyanta images rm --sync $(ctr -n niyanta images ls -q)');
      const missing = await missingBlobs(connections[i]!, image);
      expect(missing.map(blob => blob.digest)).toContain(image.blobs.at(-1)!.digest);
      await sendImage(connections[i]!, image, name);
      expect(await resolveReference(connections[i]!, name)).toBe(image.digest);
    }
  });
});

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
    for (const [i, connection] of connections.entries()) {
      const reference = `${addresses[i]!.open}/shop/web:1`;
      await expect(pullImage(connection, reference)).rejects.toMatchObject({
        code: 'registry-plain-http',
        hint: expect.stringContaining('http: true'),
      });
      const {name, digest} = await pullImage(connection, reference, {access: {http: true}});
      expect(await resolveReference(connection, name)).toBe(digest);
      expect(await registryDigest(connection, reference, {http: true})).toBe(digest);
    }
  });

  test('gives exactly the pinned digest, again without being asked', async () => {
    for (const [i, connection] of connections.entries()) {
      const reference = `${addresses[i]!.open}/shop/web:1`;
      const digest = await registryDigest(connection, reference, {http: true});
      await pullImage(connection, reference, {access: {http: true}, digest});
      // No access given: whoever asked the registry would fail.
      expect(await pullImage(connection, reference, {digest})).toEqual({name: reference, digest});
      const other = {digest: `sha256:${'0'.repeat(64)}`, access: {http: true}};
      await expect(pullImage(connection, reference, other)).rejects.toMatchObject({code: 'image-not-found'});
    }
  });

  test('with a password gives it to who knows the password, who leaves it nowhere', async () => {
    const secrets = [password, Buffer.from(`joe:${password}`).toString('base64')];
    for (const [i, connection] of connections.entries()) {
      const reference = `${addresses[i]!.locked}/shop/web:1`;
      const seen = watchProcesses(secrets);
      const {name, digest} = await pullImage(connection, reference, {access: joe});
      expect(await seen()).toEqual([]);
      expect(await resolveReference(connection, name)).toBe(digest);
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
    for (const [i, connection] of connections.entries()) {
      const reference = `${addresses[i]!.locked}/${image}`;
      await expect(pullImage(connection, reference, {access})).rejects.toMatchObject({code, transient: false});
      await expect(registryDigest(connection, reference, access)).rejects.toMatchObject({code, transient: false});
    }
  });

  test('that is down may be back later', async () => {
    for (const [i, connection] of connections.entries()) {
      const nobody = `${addresses[i]!.open.replace(/:\d+$/, '')}:9/a:1`;
      for (const access of [{http: true}, joe]) {
        await expect(pullImage(connection, nobody, {access})).rejects.toMatchObject({
          code: 'registry-unreachable',
          transient: true,
        });
      }
    }
  });
});

test('an image is built with buildah once for one key, and again when the context changes', async () => {
  const context = join(first().scratch, 'context');
  const cache = join(first().scratch, 'cache');
  await mkdir(context);
  const file = join(context, 'Dockerfile');
  await writeFile(file, 'FROM scratch\nARG NAME\nCOPY base /base\nCOPY page /page\nUSER 1000\nENTRYPOINT ["/base"]\n');
  await writeFile(join(context, 'base'), 'base');
  await writeFile(join(context, 'page'), 'one');
  const source = {kind: 'build', context, file, args: {NAME: 'x'}} as const;
  const lines: string[] = [];
  const build = async () => buildImage(source, await buildKey(source), cache, {onProgress: line => lines.push(line)});

  expect(await peekBuild(await buildKey(source), cache)).toBeUndefined();
  const [one, same] = await Promise.all([build(), build()]);
  expect(one.config).toMatchObject({user: '1000', entrypoint: ['/base']});
  expect(same.path).toBe(one.path);
  expect(lines.filter(line => line.startsWith('STEP 1/'))).toHaveLength(1);
  const said = lines.length;
  expect((await build()).digest).toBe(one.digest);
  expect(lines).toHaveLength(said);
  expect((await peekBuild(await buildKey(source), cache))?.digest).toBe(one.digest);

  await writeFile(join(context, 'page'), 'two');
  const two = await build();
  expect(two.digest).not.toBe(one.digest);
  expect(two.blobs[2]!.digest).toBe(one.blobs[2]!.digest);

  await writeFile(file, 'FROM scratch\nCOPY nothing /\n');
  await expect(build()).rejects.toMatchObject({
    code: 'build-failed',
    lastLines: expect.arrayContaining([expect.stringContaining('nothing')]),
  });
  expect((await readdir(cache)).filter(name => name.startsWith('.building'))).toEqual([]);
  expect(await readFile('/proc/self/mounts', 'utf8')).not.toContain(cache);
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
