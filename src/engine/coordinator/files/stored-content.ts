import {Readable} from 'node:stream';
import {OutsideError} from '../../spec/errors.ts';
import type {Store} from '../store/store.ts';

export interface StoredContent {
  /** Bytes. */
  readonly size: number;
  /** A new stream of it, of which one part is in memory at a time. Ends with OutsideError `content-gone`. */
  open(): Readable;
}

export type Contents = Pick<Store, 'blob' | 'file'>;

/** A content by its SHA-256, whole or of parts; undefined: it is not kept. */
export async function storedContent(contents: Contents, sha256: string): Promise<StoredContent | undefined> {
  const file = await contents.file(sha256);
  if (file) return {size: file.size, open: () => Readable.from(blobs(contents, file.parts ?? [sha256]))};
  const blob = await contents.blob(sha256);
  return blob && {size: blob.length, open: () => Readable.from([Buffer.from(blob)])};
}

async function* blobs(contents: Contents, sha256s: readonly string[]): AsyncGenerator<Buffer> {
  for (const sha256 of sha256s) {
    const blob = await contents.blob(sha256);
    if (!blob) throw contentGone(sha256);
    yield Buffer.from(blob);
  }
}

export const contentGone = (what: string): OutsideError =>
  new OutsideError({
    code: 'content-gone',
    message: `the content of ${what} is gone from the database`,
    hint: 'Submit the workload again.',
  });
