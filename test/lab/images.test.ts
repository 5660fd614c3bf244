import {mkdir, readdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {
  buildImage,
  buildKey,
  type LocalImage,
  missingBlobs,
  openImage,
  peekBuild,
  resolveReference,
  sendImage,
  sentName,
} from '../../src/engine/runtime/images/index.ts';
import {busyboxArchive} from './harness/index.ts';
import {threeContainerds} from './three-containerds.ts';

const {labs, hosts, first} = threeContainerds();

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
      hosts.map(host =>
        sendImage(host, one, sentName('shop', 'web', one.digest), {onProgress: done => progress.push(done)}),
      ),
    );
    for (const {bytes} of firstSent) expect(bytes).toBeGreaterThanOrEqual(whole);
    expect(Math.max(...progress)).toBe(whole);
    const secondSent = await Promise.all(hosts.map(host => sendImage(host, two, sentName('shop', 'web', two.digest))));
    for (const [i, {bytes, blobs}] of secondSent.entries()) {
      expect(blobs).not.toContain(two.blobs[2]!.digest);
      expect(bytes).toBeLessThan(changed * 1.02 + 16 * 1024);
      for (const image of [one, two]) {
        expect(await resolveReference(hosts[i]!.reading, sentName('shop', 'web', image.digest))).toBe(image.digest);
      }
    }
  });

  test('gives images that run', async () => {
    const image = await archive('runs', 'runs');
    const name = sentName('shop', 'runs', image.digest);
    for (const [i, lab] of labs.entries()) {
      await sendImage(hosts[i]!, image, name);
      const output = await lab().sh('h1', `ctr -n niyanta run --rm ${name} r1 cat /www/index.html </dev/null`);
      expect(output).toBe('runs');
    }
  });

  test('stops when told, leaves no name behind, and works when repeated', async () => {
    const image = await archive('stopped', 'x'.repeat(30_000_000));
    const name = sentName('shop', 'stopped', image.digest);
    for (const host of hosts) {
      const stop = new AbortController();
      const sending = sendImage(host, image, name, {
        signal: stop.signal,
        onProgress: (done, total) => done > total / 2 && stop.abort(),
      });
      await expect(sending).rejects.toMatchObject({name: 'AbortError'});
      expect(await resolveReference(host.reading, name)).toBeUndefined();
      await sendImage(host, image, name);
      expect(await resolveReference(host.reading, name)).toBe(image.digest);
    }
  });

  test('refuses a file whose layer is damaged, before the image has a name', async () => {
    const path = join(first().scratch, 'damaged.tar');
    const content = await busyboxArchive({files: {'/www/index.html': 'sound and whole'}});
    content.write('DAMAGED', content.lastIndexOf('sound and whole'));
    await writeFile(path, content);
    const image = await openImage(path);
    const name = sentName('shop', 'damaged', image.digest);
    for (const host of hosts) {
      await expect(sendImage(host, image, name)).rejects.toMatchObject({code: 'image-corrupt'});
      expect(await resolveReference(host.reading, name)).toBeUndefined();
    }
  });

  test('sends again what the garbage collector took', async () => {
    const image = await archive('collected', 'collected');
    const name = sentName('shop', 'collected', image.digest);
    for (const [i, lab] of labs.entries()) {
      await sendImage(hosts[i]!, image, name);
      await lab().sh('h1', 'ctr -n niyanta images rm --sync $(ctr -n niyanta images ls -q)');
      const missing = await missingBlobs(hosts[i]!.reading, image);
      expect(missing.map(blob => blob.digest)).toContain(image.blobs.at(-1)!.digest);
      await sendImage(hosts[i]!, image, name);
      expect(await resolveReference(hosts[i]!.reading, name)).toBe(image.digest);
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
