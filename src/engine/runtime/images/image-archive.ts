import {PassThrough, type Readable} from 'node:stream';
import {buffer} from 'node:stream/consumers';
import {pipeline} from 'node:stream/promises';
import {pack} from 'tar-stream';
import type {LocalBlob, LocalImage} from './local-image.ts';
import {encodeTarHeader} from './tar-header.ts';

/**
 * An OCI archive as a stream, holding only some of the image's blobs: containerd takes the rest from its own content
 * store (design §5). The index comes last, so an archive that breaks off names no image. `ended` rejects with what
 * went wrong while reading the blobs.
 */
export function imageArchive(
  image: LocalImage,
  name: string,
  blobs: readonly LocalBlob[],
): {readonly stream: Readable; readonly ended: Promise<void>} {
  const archive = pack();
  // tar-stream speaks the stream interface, but is not Node's class; a PassThrough gives it Node's backpressure.
  const stream = new PassThrough();
  archive.pipe(stream);
  const write = async (): Promise<void> => {
    small(archive, 'oci-layout', JSON.stringify({imageLayoutVersion: '1.0.0'}));
    for (const blob of blobs) await pipeline(blob.open(), archive.entry(header(blobPath(blob.digest), blob.size)));
    small(archive, 'index.json', JSON.stringify(index(image, name)));
    archive.finalize();
  };
  const ended = write().catch(error => {
    stream.destroy(error);
    throw error;
  });
  // Whoever reads the stream sees the failure there as well.
  ended.catch(() => {});
  stream.on('error', () => {});
  archive.on('error', () => {});
  stream.on('close', () => archive.destroy());
  return {stream, ended};
}

const blobPath = (digest: string): string => `blobs/${digest.replace(':', '/')}`;

/** The last member, which names the image. */
const index = (image: LocalImage, name: string) => ({
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  manifests: [
    {
      mediaType: image.mediaType,
      digest: image.digest,
      size: image.size,
      annotations: {'io.containerd.image.name': name},
    },
  ],
});

const header = (name: string, size: number) => ({name, size, mode: 0o644, mtime: new Date(0)});

const small = (archive: ReturnType<typeof pack>, name: string, content: string): void => {
  archive.entry(header(name, Buffer.byteLength(content)), content);
};

/** A member of an archive: bytes as they are, or a blob that is somewhere else, without its padding. */
export type ArchivePart =
  | {readonly kind: 'bytes'; readonly bytes: Buffer}
  | {readonly kind: 'blob'; readonly blob: LocalBlob};

/** Small enough to come along: manifests and configurations. Bytes. */
const smallBlob = 65_536;

/** The same archive in parts, with the large blobs left to whoever puts it together. */
export async function archiveParts(
  image: LocalImage,
  name: string,
  blobs: readonly LocalBlob[],
): Promise<readonly ArchivePart[]> {
  const bytes = (...buffers: Buffer[]): ArchivePart => ({kind: 'bytes', bytes: Buffer.concat(buffers)});
  const parts = [bytes(...tarMember('oci-layout', Buffer.from(JSON.stringify({imageLayoutVersion: '1.0.0'}))))];
  for (const blob of blobs) {
    const path = blobPath(blob.digest);
    if (blob.size <= smallBlob) parts.push(bytes(...tarMember(path, await buffer(blob.open()))));
    else parts.push(bytes(encodeTarHeader(path, blob.size)), {kind: 'blob', blob});
  }
  const last = Buffer.from(JSON.stringify(index(image, name)));
  return [...parts, bytes(...tarMember('index.json', last), Buffer.alloc(1024))];
}

const tarMember = (path: string, content: Buffer): readonly Buffer[] => [
  encodeTarHeader(path, content.length),
  content,
  Buffer.alloc((512 - (content.length % 512)) % 512),
];
