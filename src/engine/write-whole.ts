import {rename, rm, writeFile} from 'node:fs/promises';
import {UserError} from './spec/errors.ts';

/** Writes a file, all of it or nothing: what is half written would be taken for the whole. Errors: UserError `not-written`. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, {force: true}).catch(() => undefined);
    const message = `${path} could not be written: ${(cause as Error).message}`;
    throw new UserError({code: 'not-written', message, hint: 'Write it to another place with -o.', cause});
  }
}
