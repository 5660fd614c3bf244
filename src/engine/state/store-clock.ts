import {stat, writeFile} from 'node:fs/promises';
import {diskError} from './disk-error.ts';

/**
 * Now, in milliseconds, by the clock of whatever keeps the files: the time that a write just got. On a network file
 * system that is the server's, so that machines whose clocks differ agree when a lease has expired.
 */
export async function storeNow(file: string): Promise<number> {
  try {
    await writeFile(file, '.');
    return (await stat(file)).mtimeMs;
  } catch (error) {
    throw diskError(file, error);
  }
}
