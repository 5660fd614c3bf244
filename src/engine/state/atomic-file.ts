import {randomBytes} from 'node:crypto';
import {type FileHandle, mkdir, open, rename, rm, stat} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {diskError} from './disk-error.ts';

/** How a file is replaced. */
export interface AtomicWrite {
  /** Permission bits of a new file; one that exists keeps its own unless `force`. */
  readonly mode: number;
  readonly force?: boolean;
  /** Runs when the new text is safely on disk and the old one still in place. */
  readonly beforeRename?: () => Promise<void>;
  /** Wait for the disk. Default true; false for what a crash may lose. */
  readonly durable?: boolean;
}

/**
 * Replaces a file whole or not at all: a temporary file in the same folder, fsync, rename, fsync of the folder.
 * The owner stays; what root creates belongs to the owner of the folder. Errors: OutsideError `disk-full`, ….
 */
export async function writeAtomically(path: string, text: string, options: AtomicWrite): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`);
  const durable = options.durable ?? true;
  try {
    await mkdir(folder, {recursive: true});
    const old = await statIfThere(path);
    const mode = old !== undefined && !options.force ? old.mode & 0o7777 : options.mode;
    const file = await open(temporary, 'wx', mode);
    try {
      await fill(file, text, mode, old ?? (await stat(folder)), durable);
    } finally {
      await file.close();
    }
    await options.beforeRename?.();
    await rename(temporary, path);
    if (durable) await syncFolder(folder);
  } catch (error) {
    await rm(temporary, {force: true});
    throw diskError(path, error);
  }
}

async function fill(file: FileHandle, text: string, mode: number, owner: {uid: number; gid: number}, durable: boolean) {
  await file.writeFile(text);
  // open() takes the umask off; the mode of the old file is what people chose.
  await file.chmod(mode);
  if (process.getuid?.() === 0) await file.chown(owner.uid, owner.gid);
  if (durable) await file.sync();
}

/** Makes a rename in this folder survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function statIfThere(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
