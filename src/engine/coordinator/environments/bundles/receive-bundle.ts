import type {Readable} from 'node:stream';
import {extract} from 'tar-stream';
import {wrongPath} from '../../../spec/bundle-schema.ts';
import {UserError} from '../../../spec/errors.ts';
import type {Store} from '../../store/store.ts';
import type {BundleFile} from '../environment-rows.ts';

export interface BundleLimits {
  readonly files: number;
  /** Bytes of all files together. */
  readonly bytes: number;
}

export const bundleLimits: BundleLimits = {files: 5_000, bytes: 2 ** 31};

/** Content is kept in parts of this size: nothing larger is in memory. */
const PART = 4 * 2 ** 20;

/**
 * The files of a tar, kept as blobs as they come, sorted by path. Files and folders alone, and within their folder:
 * anything else is refused. Errors: UserError `bundle-invalid`, `bundle-too-large`.
 */
export async function receiveBundle(
  tar: Readable,
  store: Pick<Store, 'putBlob'>,
  limits: BundleLimits = bundleLimits,
): Promise<readonly BundleFile[]> {
  const files = new Map<string, BundleFile>();
  let bytes = 0;
  const members = extract();
  tar.on('error', error => members.destroy(error));
  tar.pipe(members);
  try {
    for await (const member of members) {
      const {header} = member;
      const path = header.name.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
      if (header.type === 'directory') {
        if (path !== '' && path !== '.') refusePath(path);
        member.resume();
        continue;
      }
      if (header.type !== 'file')
        throw invalid(`${printed(path)} is neither a file nor a folder, but a ${header.type}`);
      refusePath(path);
      if (files.has(path)) throw invalid(`${printed(path)} is in it twice`);
      if (files.size >= limits.files) throw tooLarge(`more than ${limits.files} files`);
      const parts: string[] = [];
      let size = 0;
      for await (const part of inParts(member as AsyncIterable<Uint8Array>)) {
        size += part.length;
        bytes += part.length;
        if (bytes > limits.bytes) throw tooLarge(`more than ${Math.round(limits.bytes / 2 ** 20)} MiB`);
        parts.push(await store.putBlob(part));
      }
      files.set(path, {path, size, ...((header.mode ?? 0) & 0o100 && {executable: true as const}), parts});
    }
  } catch (error) {
    tar.destroy();
    throw error instanceof Error && error.constructor === Error ? invalid(error.message, error) : error;
  }
  refuseFilesAsFolders(files);
  return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function* inParts(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of content) {
    for (let at = 0; at < chunk.length; ) {
      const piece = chunk.subarray(at, at + PART - size);
      waiting.push(piece);
      size += piece.length;
      at += piece.length;
      if (size < PART) continue;
      yield Buffer.concat(waiting);
      waiting = [];
      size = 0;
    }
  }
  if (size > 0) yield Buffer.concat(waiting);
}

function refusePath(path: string): void {
  const wrong = wrongPath(path);
  if (wrong !== undefined) throw invalid(`the path ${printed(path)} ${wrong}`);
  // Secrets of a machine, in clear, are there.
  if (path === '.niyanta' || path.startsWith('.niyanta/'))
    throw invalid(`${printed(path)} stays on the machine where it is`);
}

function refuseFilesAsFolders(files: ReadonlyMap<string, BundleFile>): void {
  for (const path of files.keys()) {
    const parts = path.split('/');
    const folder = parts.map((_, index) => parts.slice(0, index).join('/')).find(each => files.has(each));
    if (folder !== undefined) throw invalid(`${printed(folder)} is a file and a folder at once`);
  }
}

const printed = (path: string): string => JSON.stringify(path.slice(0, 200));

export const invalid = (why: string, cause?: unknown): UserError =>
  new UserError({
    code: 'bundle-invalid',
    message: `this is no bundle of a project: ${why}`,
    hint: 'niyanta apply --server makes one; docs/SERVED-STACKS.md says what is in it.',
    cause,
  });

const tooLarge = (why: string): UserError =>
  new UserError({
    code: 'bundle-too-large',
    message: `the bundle has ${why}`,
    hint: 'Images may come from a registry in place of an archive: `image:` in the stack.',
  });
