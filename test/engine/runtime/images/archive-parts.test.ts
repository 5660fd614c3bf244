import {Readable} from 'node:stream';
import fc from 'fast-check';
import {extract} from 'tar-stream';
import {expect, test} from 'vitest';
import {archiveParts} from '../../../../src/engine/runtime/images/image-archive.ts';
import type {LocalBlob, LocalImage} from '../../../../src/engine/runtime/images/local-image.ts';
import {encodeTarHeader, largestTarMember, tarHeader} from '../../../../src/engine/runtime/images/tar-header.ts';

test('what a header says is read back', () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-z0-9/._-]{1,100}$/),
      fc.integer({min: 0, max: largestTarMember}),
      (name, size) => {
        expect(tarHeader(encodeTarHeader(name, size))).toEqual({name, linkName: '', type: '0', size});
      },
    ),
  );
  expect(() => encodeTarHeader('x'.repeat(101), 1)).toThrow(RangeError);
  expect(() => encodeTarHeader('x', largestTarMember + 1)).toThrow(RangeError);
});

const blob = (hex: string, content: Buffer): LocalBlob => ({
  digest: `sha256:${hex.repeat(64)}`,
  size: content.length,
  mediaType: 'x',
  open: () => Readable.from([content]),
});

test('put together with its large blobs, it is an archive whose last member names the image', async () => {
  const [manifest, layer] = [blob('a', Buffer.from('{}')), blob('b', Buffer.alloc(70_001, 'x'))];
  const image: LocalImage = {
    path: '/image.tar',
    digest: manifest.digest,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    size: 2,
    blobs: [manifest, layer],
    config: {entrypoint: [], command: [], exposed: []},
    architecture: 'amd64',
  };
  const parts = await archiveParts(image, 'shop/web:1', image.blobs);
  expect(parts.filter(({kind}) => kind === 'blob')).toEqual([{kind: 'blob', blob: layer}]);
  const padded = Buffer.concat([Buffer.alloc(70_001, 'x'), Buffer.alloc(512 - (70_001 % 512))]);
  const whole = Buffer.concat(parts.map(part => (part.kind === 'bytes' ? part.bytes : padded)));
  const members: [string, number][] = [];
  let last = '';
  const reading = extract();
  Readable.from([whole]).pipe(reading);
  for await (const entry of reading) {
    last = '';
    for await (const chunk of entry) last += chunk;
    members.push([entry.header.name, entry.header.size!]);
  }
  expect(members.map(([name]) => name)).toEqual([
    'oci-layout',
    `blobs/sha256/${'a'.repeat(64)}`,
    `blobs/sha256/${'b'.repeat(64)}`,
    'index.json',
  ]);
  expect(JSON.parse(last).manifests[0]).toMatchObject({
    digest: manifest.digest,
    annotations: {'io.containerd.image.name': 'shop/web:1'},
  });
});
