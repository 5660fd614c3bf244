import {createHash} from 'node:crypto';
import {UserError} from '../../spec/errors.ts';
import type {CustomerId, FileRow, Store} from '../store/store.ts';
import {contentGone} from './stored-content.ts';

/**
 * Makes one file of parts that the customer sent, once its content was held against its hash. Errors: UserError
 * `file-missing` (parts are not there), `wrong-content`.
 */
export async function joinFile(
  store: Store,
  customer: CustomerId,
  wish: {readonly sha256: string; readonly parts: readonly string[]},
): Promise<FileRow> {
  const {sha256, parts} = wish;
  const [known] = await store.files(customer, [sha256]);
  if (known) return known;
  const there = new Set((await store.files(customer, [...new Set(parts)])).map(file => file.sha256));
  // The store says how many; nothing is read for a file that cannot be made.
  const whole = parts.every(part => there.has(part)) ? await sizeOf(store, wish) : 0;
  const file = {sha256, size: whole, parts};
  await store.joinFile(customer, file);
  return file;
}

async function sizeOf(
  store: Store,
  {sha256, parts}: {readonly sha256: string; readonly parts: readonly string[]},
): Promise<number> {
  const hash = createHash('sha256');
  let size = 0;
  for (const part of parts) {
    const blob = await store.blob(part);
    if (!blob) throw contentGone(part);
    hash.update(blob);
    size += blob.length;
  }
  if (hash.digest('hex') === sha256) return size;
  const message = `the parts together are not ${sha256}`;
  throw new UserError({code: 'wrong-content', message, hint: 'The file changed while it was sent: send it again.'});
}
