import {createReadStream} from 'node:fs';
import {mkdir, open, readdir, rename, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {messageOf, targetFailed, targetFull} from './backup-errors.ts';
import type {BackupPlace} from './backup-place.ts';
import type {Bytes} from './seal.ts';

const partial = '.partial';

/** Backups in a folder of this machine. Files are for their owner alone. */
export function folderPlace(folder: string): BackupPlace {
  const failed = (what: string) => (error: unknown) => {
    throw fsError(folder, what, error);
  };
  return {
    label: folder,
    async names() {
      const all = await readdir(folder).catch(error => {
        if (codeOf(error) === 'ENOENT') return [];
        throw fsError(folder, 'list it', error);
      });
      return all.filter(name => !name.endsWith(partial));
    },
    async write(name, data) {
      await mkdir(folder, {recursive: true, mode: 0o700}).catch(failed('make it'));
      const temporary = join(folder, `${name}${partial}`);
      try {
        await writeAll(temporary, data, failed(`write ${name}`));
        await rename(temporary, join(folder, name)).catch(failed(`write ${name}`));
        await syncFolder(folder).catch(failed(`write ${name}`));
      } catch (error) {
        await rm(temporary, {force: true});
        throw error;
      }
    },
    async read(name) {
      const file = await open(join(folder, name)).catch(failed(`read ${name}`));
      return createReadStream('', {fd: file, highWaterMark: 1 << 18});
    },
    remove: name => rm(join(folder, name), {force: true}).catch(failed(`remove ${name}`)),
    async tidy() {
      const all = await readdir(folder).catch(() => []);
      for (const name of all) if (name.endsWith(partial)) await rm(join(folder, name), {force: true});
    },
  };
}

async function writeAll(path: string, data: Bytes, failed: (error: unknown) => never): Promise<void> {
  const file = await open(path, 'w', 0o600).catch(failed);
  try {
    for await (const chunk of data) await file.writeFile(chunk).catch(failed);
    await file.sync().catch(failed);
  } finally {
    await file.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | undefined)?.code;

function fsError(folder: string, what: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') return targetFull(folder, error);
  return code === undefined ? error : targetFailed(folder, what, messageOf(error), error);
}
