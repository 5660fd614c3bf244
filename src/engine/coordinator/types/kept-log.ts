import {promisify} from 'node:util';
import {zstdDecompress} from 'node:zlib';
import {LineNumbers} from '../../runtime/workloads/attempt-log.ts';
import type {AttemptLogLine} from './workload-type.ts';

/** The lines of a log that was kept when its attempt had ended (`outputs.log`), from the one after `after`. */
export async function keptLogLines(content: Uint8Array, after?: string): Promise<readonly AttemptLogLine[]> {
  const numbers = new LineNumbers(after);
  const text = (await promisify(zstdDecompress)(content)).toString();
  return text.split('\n').flatMap(line => numbers.next(line) ?? []);
}
