import {mkdir, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import type {Readable} from 'node:stream';
import {gzipSync} from 'node:zlib';
import {expect, test} from 'vitest';
import {openImage} from '../../../../src/engine/runtime/images/index.ts';
import {
  blobPath,
  configuration,
  describe,
  digest,
  dockerEntries,
  type Entry,
  indexType,
  json,
  layer,
  ociEntries,
  tar,
  withFile,
  withFolder,
} from './image-files.ts';

const read = async (stream: Readable): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

const opened = (content: Buffer, architecture = 'amd64') =>
  withFile(content, async path => {
    const image = await openImage(path, architecture);
    for (const blob of image.blobs) {
      const bytes = await read(blob.open());
      expect([digest(bytes), bytes.length]).toEqual([blob.digest, blob.size]);
    }
    return image;
  });

const code = (content: Buffer, architecture = 'amd64') =>
  opened(content, architecture).then(
    () => 'opened',
    error => {
      expect(error.message).toContain('image.tar');
      expect(error.hint).toMatch(/\w \w/);
      return error.code;
    },
  );

test('an OCI archive: every blob once, with the bytes that its digest says', async () => {
  const image = await opened(await tar(await ociEntries()));
  expect(image.blobs.map(blob => blob.mediaType.split('.').at(-1))).toEqual(['v1+json', 'v1+json', 'tar+gzip', 'tar']);
  expect(image.blobs[0]!.digest).toBe(image.digest);
  expect(image.config).toEqual({
    user: '1000',
    entrypoint: ['/bin/app'],
    command: [],
    workdir: undefined,
    exposed: ['8080/tcp'],
  });
});

test('an OCI layout folder reads as the same image', async () => {
  const entries = await ociEntries();
  const fromArchive = await opened(await tar(entries));
  await withFolder(async folder => {
    for (const {name, content} of entries) {
      await mkdir(dirname(join(folder, name)), {recursive: true});
      await writeFile(join(folder, name), content!);
    }
    expect((await openImage(folder, 'amd64')).digest).toBe(fromArchive.digest);
  });
});

test('an index: the manifest for the architecture is taken, provenance is not', async () => {
  const entries = await ociEntries(['amd64', 'arm64']);
  const {manifests} = JSON.parse(String(entries[1]!.content));
  const provenance = {...manifests[0], platform: {os: 'unknown', architecture: 'unknown'}};
  const inner = json({schemaVersion: 2, mediaType: indexType, manifests: [...manifests, provenance]});
  const nested: Entry[] = [
    {name: 'index.json', content: json({schemaVersion: 2, manifests: [describe(indexType, inner)]})},
    {name: blobPath(inner), content: inner},
    ...entries.slice(2),
  ];
  expect((await opened(await tar(nested), 'arm64')).digest).toBe(manifests[1].digest);
  expect((await opened(await tar(nested), 'amd64')).digest).toBe(manifests[0].digest);
  expect(await code(await tar(nested), 'riscv64')).toBe('image-architecture');
});

test('docker save of old reads as an OCI image, the same one every time', async () => {
  const content = await tar(await dockerEntries());
  const first = await opened(content);
  expect((await opened(content)).digest).toBe(first.digest);
  expect(first.blobs.slice(2).map(blob => blob.digest)).toEqual([
    digest(await layer('base')),
    digest(await layer('top')),
  ]);
});

test('docker save links a layer that comes twice: it is sent once', async () => {
  const image = await opened(await tar(await dockerEntries(['same', 'same'])));
  expect(image.blobs).toHaveLength(3);
});

test('a compressed layer in a docker archive has the digest of its own bytes', async () => {
  const entries = await dockerEntries(['only']);
  const zipped = gzipSync(entries[0]!.content!);
  const image = await opened(await tar([{...entries[0]!, content: zipped}, ...entries.slice(1)]));
  expect(image.blobs[2]).toMatchObject({digest: digest(zipped), mediaType: expect.stringMatching(/\+gzip$/)});
});

test('long names come through, by pax and by ./', async () => {
  const entries = (await dockerEntries()).map(entry => entry);
  const long = `${'x'.repeat(150)}/layer.tar`;
  const manifest = JSON.parse(String(entries.at(-1)!.content));
  manifest[0].Layers[0] = long;
  const renamed = [
    {...entries[0]!, name: `./${long}`},
    ...entries.slice(1, -1),
    {name: './manifest.json', content: json(manifest)},
  ];
  expect((await opened(await tar(renamed))).blobs).toHaveLength(4);
});

const without = async (suffix: (entry: Entry, i: number) => boolean) =>
  tar((await ociEntries()).filter((entry, i) => !suffix(entry, i)));

const changed = async (change: (entry: Entry, i: number) => Buffer | undefined) =>
  tar((await ociEntries()).map((entry, i) => ({...entry, content: change(entry, i) ?? entry.content})));

test.each<[string, () => Promise<Buffer>, string]>([
  ['an empty file', async () => Buffer.alloc(0), 'image-corrupt'],
  ['text', async () => Buffer.from('hello'.repeat(300)), 'image-corrupt'],
  ['zeros', async () => Buffer.alloc(10_240), 'image-corrupt'],
  ['noise', async () => Buffer.from(Array.from({length: 4096}, (_, i) => (i * 7919) % 251)), 'image-corrupt'],
  ['an archive of something else', () => tar([{name: 'readme', content: Buffer.from('hi')}]), 'image-corrupt'],
  ['a compressed archive', async () => gzipSync(await tar(await ociEntries())), 'image-compressed'],
  ['one cut in the middle', async () => (await tar(await ociEntries())).subarray(0, 3000), 'image-corrupt'],
  ['one without a layer', () => without((_, i) => i === 2), 'image-corrupt'],
  ['one without its manifest', () => without((_, i) => i === 5), 'image-corrupt'],
  ['an index that is no JSON', () => changed((_, i) => (i === 1 ? Buffer.from('{') : undefined)), 'image-corrupt'],
  ['an index of another shape', () => changed((_, i) => (i === 1 ? json({manifests: 3}) : undefined)), 'image-corrupt'],
  ['an empty index', () => changed((_, i) => (i === 1 ? json({manifests: []}) : undefined)), 'image-corrupt'],
  [
    'a layer of the right size with another byte',
    () => changed(({content}, i) => (i === 3 ? Buffer.from(content!).fill(1, 0, 1) : undefined)),
    'image-corrupt',
  ],
  ['a layer of another size', () => changed((_, i) => (i === 3 ? Buffer.from('x') : undefined)), 'image-corrupt'],
  [
    'a configuration with another byte',
    () => changed(({content}, i) => (i === 4 ? Buffer.from(String(content).replace('1000', '1001')) : undefined)),
    'image-corrupt',
  ],
  [
    'an index that names a file outside',
    () =>
      changed((_, i) =>
        i === 1 ? json({manifests: [{mediaType: indexType, digest: 'sha256:../../etc/passwd', size: 1}]}) : undefined,
      ),
    'image-corrupt',
  ],
  [
    'two images',
    async () => {
      const entries = await dockerEntries();
      const images = JSON.parse(String(entries.at(-1)!.content));
      return tar([...entries.slice(0, -1), {name: 'manifest.json', content: json([images[0], images[0]])}]);
    },
    'image-several',
  ],
  [
    'a docker archive whose layers are not those of its configuration',
    async () => {
      const entries = await dockerEntries();
      const config = configuration([await layer('base')]);
      return tar([
        ...entries.slice(0, 2),
        {name: 'c.json', content: config},
        {
          name: 'manifest.json',
          content: json([{Config: 'c.json', Layers: [`${'0'.repeat(64)}/layer.tar`, `${'1'.repeat(64)}/layer.tar`]}]),
        },
      ]);
    },
    'image-corrupt',
  ],
])('%s is refused with the name of the file', async (_, content, expected) => {
  expect(await code(await content())).toBe(expected);
});

test('a file that is not there', async () => {
  await expect(openImage('/nonexistent/image.tar')).rejects.toMatchObject({code: 'image-file-missing', exit: 64});
});

test('indexes within indexes end', async () => {
  // An index cannot hold its own digest; the chain that a hostile file can have is as long as its file.
  let inner = json({manifests: []});
  const blobs: Entry[] = [];
  for (let i = 0; i < 6; i += 1) {
    blobs.push({name: blobPath(inner), content: inner});
    inner = json({manifests: [describe(indexType, inner)]});
  }
  expect(await code(await tar([{name: 'index.json', content: inner}, ...blobs]))).toBe('image-corrupt');
});

test('metadata is never read when it is too large', async () => {
  const huge = Buffer.alloc(9 * 1024 * 1024, 0x20);
  expect(await code(await tar([{name: 'index.json', content: huge}]))).toBe('image-corrupt');
});
