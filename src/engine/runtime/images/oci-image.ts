import {UserError} from '../../spec/errors.ts';
import type {ImageFiles} from './archive-source.ts';
import {corruptImage} from './corrupt-image.ts';
import type {ImageConfig, LocalBlob, LocalImage} from './local-image.ts';
import {
  type Descriptor,
  type ImageConfiguration,
  type ImageManifest,
  imageConfiguration,
  imageIndex,
  imageManifest,
  isIndex,
  isManifest,
} from './oci-schemas.ts';
import {metadataJson, readMetadata} from './read-json.ts';
import {verified} from './verified-stream.ts';

const blobName = (digest: string): string => `blobs/${digest.replace(':', '/')}`;

/** Reads an OCI layout: index.json, down to the manifest for the architecture. Errors: UserError `image-corrupt`. */
export async function ociImage(files: ImageFiles, architecture: string): Promise<LocalImage> {
  const content = await readMetadata(files, 'index.json');
  const found = await manifestsIn(files, metadataJson(files, 'index.json', content, imageIndex).manifests, 0);
  const chosen = choose(files, found, architecture);
  const manifest = await manifestOf(files, chosen.digest);
  const configContent = await readMetadata(files, blobName(manifest.config.digest), manifest.config.digest);
  const config = metadataJson(files, 'the image configuration', configContent, imageConfiguration);
  checkArchitecture(files, config, architecture);
  const descriptors = [chosen, manifest.config, ...manifest.layers];
  for (const {digest, size} of descriptors) {
    const present = await files.size(blobName(digest));
    if (present === undefined) throw corruptImage(files.path, `has no blob ${digest}`);
    if (present !== size) throw corruptImage(files.path, `blob ${digest} has ${present} bytes instead of ${size}`);
  }
  const seen = new Map(descriptors.map(descriptor => [descriptor.digest, blob(files, descriptor)]));
  return {
    path: files.path,
    digest: chosen.digest,
    mediaType: chosen.mediaType,
    size: chosen.size,
    blobs: [...seen.values()],
    config: imageConfig(config),
    architecture: config.architecture,
  };
}

/** What an image is made of. Errors: UserError `image-corrupt`. */
export async function manifestOf(files: ImageFiles, digest: string): Promise<ImageManifest> {
  const content = await readMetadata(files, blobName(digest), digest);
  return metadataJson(files, `manifest ${digest}`, content, imageManifest);
}

/** Indexes may hold indexes ("docker save" of 25 and later); more than a few deep is hostile. */
async function manifestsIn(
  files: ImageFiles,
  descriptors: readonly Descriptor[],
  depth: number,
): Promise<Descriptor[]> {
  if (depth > 3) throw corruptImage(files.path, 'has indexes within indexes without end');
  const found: Descriptor[] = [];
  for (const descriptor of descriptors) {
    if (isManifest(descriptor.mediaType)) found.push(descriptor);
    if (!isIndex(descriptor.mediaType)) continue;
    const name = blobName(descriptor.digest);
    const index = metadataJson(files, name, await readMetadata(files, name, descriptor.digest), imageIndex);
    found.push(...(await manifestsIn(files, index.manifests, depth + 1)));
  }
  // Provenance and the like travel as manifests for "unknown".
  return found.filter(descriptor => descriptor.platform?.os !== 'unknown');
}

function choose(files: ImageFiles, all: readonly Descriptor[], architecture: string): Descriptor {
  const distinct = [...new Map(all.map(descriptor => [descriptor.digest, descriptor])).values()];
  const fitting = distinct.filter(
    ({platform}) => !platform || (platform.os === 'linux' && platform.architecture === architecture),
  );
  const [first, second] = fitting;
  if (!first && distinct.length === 0) throw corruptImage(files.path, 'holds no image');
  if (!first)
    throw wrongArchitecture(files.path, distinct.map(d => d.platform?.architecture ?? '?').join(', '), architecture);
  if (second) throw severalImages(files.path, fitting.length);
  return first;
}

const severalImages = (path: string, count: number): UserError =>
  new UserError({
    code: 'image-several',
    message: `${path}: holds ${count} images; niyanta cannot tell which is meant`,
    hint: 'Save one image to a file.',
  });

const wrongArchitecture = (path: string, has: string, wanted: string): UserError =>
  new UserError({
    code: 'image-architecture',
    message: `${path}: is for ${has}, but ${wanted} is needed`,
    hint: `Build or save the image for linux/${wanted}.`,
  });

/** The configuration knows best what it was built for. */
export function checkArchitecture(files: ImageFiles, config: ImageConfiguration, architecture: string): void {
  if (config.os !== 'linux' || config.architecture !== architecture)
    throw wrongArchitecture(files.path, `${config.os}/${config.architecture}`, architecture);
}

const blob = (files: ImageFiles, {digest, size, mediaType}: Descriptor): LocalBlob => ({
  digest,
  size,
  mediaType,
  open: () => verified(files.path, `blob ${digest}`, files.stream(blobName(digest)), digest, size),
});

export function imageConfig({config}: ImageConfiguration): ImageConfig {
  return {
    user: config?.User || undefined,
    entrypoint: config?.Entrypoint ?? [],
    command: config?.Cmd ?? [],
    workdir: config?.WorkingDir || undefined,
    exposed: Object.keys(config?.ExposedPorts ?? {}).sort(),
  };
}
