import {open, stat} from 'node:fs/promises';
import {resolve} from 'node:path';
import {UserError} from '../../spec/errors.ts';
import {archiveFiles, type ImageFiles} from './archive-source.ts';
import {corruptImage} from './corrupt-image.ts';
import {dockerImage} from './docker-image.ts';
import {folderFiles} from './folder-source.ts';
import type {LocalImage} from './local-image.ts';
import {ociImage} from './oci-image.ts';

/** This machine's architecture, as OCI says it. */
export const localArchitecture: string = process.arch === 'x64' ? 'amd64' : process.arch;

/**
 * Opens an OCI archive, an OCI layout folder or a `docker save` archive. Reads metadata only, whatever the size;
 * layers are checked against their digests when they are read. Errors: UserError `image-file-missing`,
 * `image-corrupt`, `image-compressed`, `image-several`, `image-architecture`, each with the file's name.
 */
export async function openImage(file: string, architecture: string = localArchitecture): Promise<LocalImage> {
  const path = resolve(file);
  const files = await imageFiles(path);
  if ((await files.size('index.json')) !== undefined) return ociImage(files, architecture);
  if ((await files.size('manifest.json')) !== undefined) return dockerImage(files, architecture);
  throw corruptImage(path, 'is neither an OCI nor a docker image: it has no index.json and no manifest.json');
}

async function imageFiles(path: string): Promise<ImageFiles> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw new UserError({
      code: 'image-file-missing',
      message: `${path}: ${cause.code === 'ENOENT' ? 'there is no such file' : `cannot be read (${cause.code})`}`,
      hint: 'Check the path after "archive:".',
      cause,
    });
  });
  if (found.isDirectory()) return folderFiles(path);
  if (!found.isFile()) throw corruptImage(path, 'is neither a file nor a folder');
  await refuseCompressed(path);
  return archiveFiles(path);
}

/** Members of a compressed archive cannot be reached without unpacking all before them, time and again. */
async function refuseCompressed(path: string): Promise<void> {
  const file = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    throw corruptImage(path, `cannot be read (${cause.code})`, cause);
  });
  const start = Buffer.alloc(4);
  await file.read(start, 0, 4, 0).finally(() => file.close());
  const unpack =
    start[0] === 0x1f && start[1] === 0x8b ? 'gunzip' : start.readUInt32BE() === 0x28b52ffd ? 'unzstd' : '';
  if (unpack === '') return;
  throw new UserError({
    code: 'image-compressed',
    message: `${path}: is compressed as a whole`,
    hint: `Unpack it first: ${unpack} ${path}`,
  });
}
