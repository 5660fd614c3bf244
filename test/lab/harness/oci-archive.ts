import {createHash} from 'node:crypto';
import {pack} from 'tar-stream';

/** As in an OCI image's config: Env, Entrypoint, Cmd, User, WorkingDir, StopSignal. */
export type ImageConfig = Readonly<Record<string, unknown>>;

/**
 * A real image without a registry: an OCI archive (a tar of an OCI image layout) of these layers, each an uncompressed
 * tar. The same input gives the same digests.
 */
export async function ociArchive(
  reference: string,
  imageConfig: ImageConfig,
  layers: readonly Buffer[],
  architecture: 'amd64' | 'arm64' = process.arch === 'arm64' ? 'arm64' : 'amd64',
): Promise<Buffer> {
  const config = json({
    architecture,
    os: 'linux',
    config: imageConfig,
    rootfs: {type: 'layers', diff_ids: layers.map(digest)},
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: descriptor('application/vnd.oci.image.config.v1+json', config),
    layers: layers.map(layer => descriptor('application/vnd.oci.image.layer.v1.tar', layer)),
  });
  const names = {'io.containerd.image.name': reference, 'org.opencontainers.image.ref.name': reference};
  const top = {...descriptor('application/vnd.oci.image.manifest.v1+json', manifest), annotations: names};
  return tar([
    {name: 'oci-layout', content: json({imageLayoutVersion: '1.0.0'})},
    {name: 'index.json', content: json({schemaVersion: 2, manifests: [top]})},
    ...[config, manifest, ...layers].map(blob => ({name: `blobs/sha256/${digest(blob).slice(7)}`, content: blob})),
  ]);
}

export interface Entry {
  readonly name: string;
  readonly content?: Buffer;
  readonly link?: string;
  readonly mode?: number;
}

/** A layer of executable files, by absolute path. */
export const filesLayer = (files: Readonly<Record<string, string>>): Promise<Buffer> =>
  tar(
    Object.entries(files).map(([path, text]) => ({
      name: path.replace(/^\/+/, ''),
      content: Buffer.from(text),
      mode: 0o755,
    })),
  );

export async function tar(entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  for (const {name, content, link, mode} of entries) {
    const head = {name, mode: mode ?? 0o644, mtime: new Date(0)};
    if (link) archive.entry({...head, type: 'symlink', linkname: link});
    else if (content) archive.entry(head, content);
    else archive.entry({...head, type: 'directory'});
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

const digest = (blob: Buffer): string => `sha256:${createHash('sha256').update(blob).digest('hex')}`;

const descriptor = (mediaType: string, blob: Buffer) => ({mediaType, digest: digest(blob), size: blob.length});
