import {createHash} from 'node:crypto';
import {Readable} from 'node:stream';
import {UserError} from '../../spec/errors.ts';
import type {ImageFiles} from './archive-source.ts';
import {corruptImage} from './corrupt-image.ts';
import type {LocalBlob, LocalImage} from './local-image.ts';
import {checkArchitecture, imageConfig} from './oci-image.ts';
import {dockerManifest, imageConfiguration} from './oci-schemas.ts';
import {digestOf, metadataJson, readMetadata} from './read-json.ts';
import {verified} from './verified-stream.ts';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const configType = 'application/vnd.oci.image.config.v1+json';
const layerType = 'application/vnd.oci.image.layer.v1.tar';

/**
 * Reads `docker save` of before version 25 (manifest.json alone) as the OCI image that it stands for. A layer that is
 * a plain tar has the digest that the configuration lists (`diff_ids`); a compressed one is read once to know its own.
 */
export async function dockerImage(files: ImageFiles, architecture: string): Promise<LocalImage> {
  const content = await readMetadata(files, 'manifest.json');
  const images = metadataJson(files, 'manifest.json', content, dockerManifest);
  const [image] = images;
  if (!image) throw corruptImage(files.path, 'holds no image');
  if (images.length > 1)
    throw new UserError({
      code: 'image-several',
      message: `${files.path}: holds ${images.length} images; niyanta cannot tell which is meant`,
      hint: 'Save one image to a file.',
    });
  const configContent = await readMetadata(files, image.Config, statedDigest(image.Config));
  const config = metadataJson(files, image.Config, configContent, imageConfiguration);
  checkArchitecture(files, config, architecture);
  const diffs = config.rootfs.diff_ids;
  if (diffs.length !== image.Layers.length)
    throw corruptImage(files.path, `lists ${image.Layers.length} layers, but its configuration ${diffs.length}`);
  const layers: LocalBlob[] = [];
  for (const [i, name] of image.Layers.entries()) layers.push(await layerBlob(files, name, diffs[i]!));
  const configBlob = memoryBlob(configContent, configType);
  const describe = ({mediaType, digest, size}: LocalBlob) => ({mediaType, digest, size});
  const manifest = memoryBlob(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: manifestType,
        config: describe(configBlob),
        layers: layers.map(describe),
      }),
    ),
    manifestType,
  );
  const blobs = new Map([manifest, configBlob, ...layers].map(blob => [blob.digest, blob]));
  return {
    path: files.path,
    digest: manifest.digest,
    mediaType: manifestType,
    size: manifest.size,
    blobs: [...blobs.values()],
    config: imageConfig(config),
    architecture: config.architecture,
  };
}

/** The configuration's file name is its digest, in all forms that docker and podman wrote. */
function statedDigest(name: string): string | undefined {
  const hex = /(?:^|\/)([a-f0-9]{64})(?:\.json)?$/.exec(name)?.[1];
  return hex ? `sha256:${hex}` : undefined;
}

async function layerBlob(files: ImageFiles, name: string, diff: string): Promise<LocalBlob> {
  const size = await files.size(name);
  if (size === undefined) throw corruptImage(files.path, `has no layer ${name}`);
  const compression = await compressionOf(files.stream(name));
  const digest = compression === '' ? diff : await streamDigest(files.stream(name));
  return {
    digest,
    size,
    mediaType: `${layerType}${compression}`,
    open: () => verified(files.path, `layer ${name}`, files.stream(name), digest, size),
  };
}

const memoryBlob = (content: Buffer, mediaType: string): LocalBlob => ({
  digest: digestOf(content),
  size: content.length,
  mediaType,
  open: () => Readable.from([content]),
});

/** By magic number: gzip (RFC 1952) and zstd (RFC 8878). */
async function compressionOf(stream: Readable): Promise<'' | '+gzip' | '+zstd'> {
  for await (const chunk of stream) {
    const start = (chunk as Buffer).subarray(0, 4).toString('hex');
    if (start.startsWith('1f8b')) return '+gzip';
    return start === '28b52ffd' ? '+zstd' : '';
  }
  return '';
}

async function streamDigest(stream: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk as Buffer);
  return `sha256:${hash.digest('hex')}`;
}
