import {createHash} from 'node:crypto';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import {type Header, pack} from 'tar-stream';

/** A member of an archive: its content, or a link. */
export interface Entry {
  readonly name: string;
  readonly content?: Buffer;
  readonly header?: Partial<Header>;
}

export const digest = (content: Buffer): string => `sha256:${createHash('sha256').update(content).digest('hex')}`;
export const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

export async function tar(entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  for (const {name, content, header} of entries) archive.entry({name, mtime: new Date(0), ...header}, content ?? '');
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export const layer = (text: string): Promise<Buffer> => tar([{name: 'file', content: Buffer.from(text)}]);

export const configuration = (layers: readonly Buffer[], architecture = 'amd64') =>
  json({
    architecture,
    os: 'linux',
    config: {User: '1000', Entrypoint: ['/bin/app'], Cmd: null, ExposedPorts: {'8080/tcp': {}}},
    rootfs: {type: 'layers', diff_ids: layers.map(digest)},
  });

export const blobPath = (content: Buffer): string => `blobs/sha256/${digest(content).slice(7)}`;
const blobEntry = (content: Buffer): Entry => ({name: blobPath(content), content});
export const describe = (mediaType: string, content: Buffer) => ({
  mediaType,
  digest: digest(content),
  size: content.length,
});

export const manifestType = 'application/vnd.oci.image.manifest.v1+json';
export const indexType = 'application/vnd.oci.image.index.v1+json';

/** An OCI image as entries of an archive, for each architecture one manifest. */
export async function ociEntries(architectures: readonly string[] = ['amd64']): Promise<Entry[]> {
  const layers = [gzipSync(await layer('base')), await layer('top')];
  const blobs: Buffer[] = [...layers];
  const manifests = architectures.map(architecture => {
    const config = configuration([layers[0]!, layers[1]!], architecture);
    const manifest = json({
      schemaVersion: 2,
      config: describe('application/vnd.oci.image.config.v1+json', config),
      layers: [
        describe('application/vnd.oci.image.layer.v1.tar+gzip', layers[0]!),
        describe('application/vnd.oci.image.layer.v1.tar', layers[1]!),
      ],
    });
    blobs.push(config, manifest);
    const platform = architectures.length > 1 ? {platform: {os: 'linux', architecture}} : {};
    return {...describe(manifestType, manifest), ...platform};
  });
  return [
    {name: 'oci-layout', content: json({imageLayoutVersion: '1.0.0'})},
    {name: 'index.json', content: json({schemaVersion: 2, manifests})},
    ...blobs.map(blobEntry),
  ];
}

/** `docker save` of before version 25: the second layer is a link to the first when both are the same. */
export async function dockerEntries(texts: readonly string[] = ['base', 'top']): Promise<Entry[]> {
  const layers = await Promise.all(texts.map(layer));
  const config = configuration(layers);
  const names = layers.map((_, i) => `${String(i).repeat(64)}/layer.tar`);
  const configName = `${digest(config).slice(7)}.json`;
  return [
    ...layers.map((content, i): Entry => {
      const first = texts.indexOf(texts[i]!);
      if (first === i) return {name: names[i]!, content};
      return {name: names[i]!, header: {type: 'symlink', linkname: `../${names[first]!}`}};
    }),
    {name: configName, content: config},
    {name: 'manifest.json', content: json([{Config: configName, RepoTags: ['app:1'], Layers: names}])},
  ];
}

/** Runs a test with a folder of its own. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'niyanta-images-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, {recursive: true, force: true});
  }
}

/** Runs a test with bytes in a file `image.tar`. */
export const withFile = <T>(content: Buffer, use: (path: string) => Promise<T>): Promise<T> =>
  withFolder(async folder => {
    const path = join(folder, 'image.tar');
    await writeFile(path, content);
    return use(path);
  });
