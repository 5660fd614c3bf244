import {mkdir, writeFile} from 'node:fs/promises';
import {dirname, join, resolve, sep} from 'node:path';
import {UserError} from '../../engine/spec/errors.ts';

/** Writes files that a workload left below a folder, by their paths in the container. Errors: UserError `outside-folder`. */
export async function saveOutputs(folder: string, files: ReadonlyMap<string, Uint8Array>): Promise<readonly string[]> {
  const written: string[] = [];
  for (const [path, content] of files) {
    const file = join(resolve(folder), path);
    if (!file.startsWith(`${resolve(folder)}${sep}`)) {
      throw new UserError({code: 'outside-folder', message: `${path} would be written outside of ${folder}`});
    }
    await mkdir(dirname(file), {recursive: true});
    await writeFile(file, content);
    written.push(file);
  }
  return written;
}
