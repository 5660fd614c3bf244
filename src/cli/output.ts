import {once} from 'node:events';
import type {Writable} from 'node:stream';

/** Writes a line and waits while the reader is behind, so that streaming never fills memory. */
export async function writeLine(stream: Writable, text: string): Promise<void> {
  if (stream.destroyed || !stream.writable) return;
  if (stream.write(`${text}\n`)) return;
  await Promise.race([once(stream, 'drain'), once(stream, 'close')]);
}

/** Resolves when everything written so far has left the process: pipes are asynchronous on POSIX. */
export function flushed(stream: Writable): Promise<void> {
  if (stream.destroyed || !stream.writable) return Promise.resolve();
  return new Promise(resolve => stream.write('', () => resolve()));
}
