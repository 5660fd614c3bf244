import {createHash} from 'node:crypto';
import {access, mkdir, open, readdir, rename, rm, stat} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {OutsideError} from '../../../spec/errors.ts';
import type {Store} from '../../store/store.ts';
import type {BundleFile, KeptBundle} from '../environment-rows.ts';

/** The name of a bundle: what is in it, whoever sends it. */
export const bundleHash = (manifest: readonly BundleFile[]): string =>
  createHash('sha256').update(JSON.stringify(manifest)).digest('hex');

/**
 * The bundle's files in a folder of their own under `folder`, made when it is not there; whole or not at all. Errors:
 * OutsideError `bundle-gone` when a part is not in the database any more.
 */
export async function layOutBundle(
  folder: string,
  {sha256, manifest}: Pick<KeptBundle, 'sha256' | 'manifest'>,
  store: Pick<Store, 'blob'>,
): Promise<string> {
  const place = join(folder, sha256);
  if (await isThere(place)) return place;
  const making = `${place}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  await mkdir(making, {recursive: true, mode: 0o700});
  try {
    for (const file of manifest) await writeOut(join(making, file.path), file, store);
    await rename(making, place).catch(async error => {
      if (!(await isThere(place))) throw error;
    });
  } finally {
    await rm(making, {recursive: true, force: true});
  }
  return place;
}

async function writeOut(path: string, {parts, executable}: BundleFile, store: Pick<Store, 'blob'>): Promise<void> {
  await mkdir(dirname(path), {recursive: true, mode: 0o700});
  const file = await open(path, 'wx', executable ? 0o700 : 0o600);
  try {
    for (const part of parts) {
      const content = await store.blob(part);
      if (!content) throw gone(path, part);
      await file.writeFile(content);
    }
    // A power cut must not leave a folder that looks whole.
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Removes folders of bundles that nobody uses and that are older than an hour. */
export async function removeUnused(folder: string, used: ReadonlySet<string>, nowMs: number): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (used.has(name)) continue;
    const path = join(folder, name);
    const {mtimeMs} = await stat(path).catch(() => ({mtimeMs: nowMs}));
    if (nowMs - mtimeMs > 3_600_000) await rm(path, {recursive: true, force: true});
  }
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const gone = (path: string, part: string): OutsideError =>
  new OutsideError({
    code: 'bundle-gone',
    message: `${path} cannot be laid out: the part ${part.slice(0, 12)} is not in the database`,
    hint: 'Apply the project again: it is sent anew then.',
  });
