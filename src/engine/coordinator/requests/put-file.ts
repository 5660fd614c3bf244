import {createHash} from 'node:crypto';
import {Refusal} from '../access/index.ts';
import type {CustomerRow, FileRow, Store} from '../store/store.ts';

/** Bytes of one request; larger files are sent in parts. */
export const largestPart = 4 * 2 ** 20;

/** What a customer may have together, unless `limits.files` says otherwise. Bytes. */
const mostFiles = 16 * 2 ** 30;

/** `sha256`: what the content has to be. Errors: Refusal 422; UserError `files-full`. */
export async function putFile(
  store: Store,
  owner: CustomerRow,
  content: Uint8Array,
  sha256: string | undefined,
): Promise<Pick<FileRow, 'sha256' | 'size'>> {
  if (sha256 !== undefined && sha256 !== hashOf(content)) throw otherContent(sha256);
  const file = await store.putFile(owner.id, content, owner.limits.files ?? mostFiles);
  return {sha256: file.sha256, size: file.size};
}

/** Which of these are not here, each once; those that are stay for another day. */
export async function missingFiles(store: Store, owner: CustomerRow, files: readonly string[]): Promise<string[]> {
  const asked = [...new Set(files)];
  const there = new Set((await store.files(owner.id, asked)).map(({sha256}) => sha256));
  return asked.filter(sha256 => !there.has(sha256));
}

const otherContent = (told: string): Refusal =>
  new Refusal({
    status: 422,
    code: 'wrong-content',
    detail: `the content is not ${told}`,
    hint: 'It was changed on its way, or while it was read: send it again.',
  });

const hashOf = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');
