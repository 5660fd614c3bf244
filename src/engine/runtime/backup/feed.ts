import type {Writable} from 'node:stream';
import {text} from 'node:stream/consumers';
import type {Output, RemoteProcess} from '../../hosts/connection.ts';
import type {Bytes} from './seal.ts';

/** How a process that was fed ended: what it said, and the source's own failure, of which it got only a part. */
export interface Fed {
  readonly output: Output;
  readonly failure?: unknown;
}

/**
 * Sends all of `data` to a process and waits for its end. A source that fails ends its input there, and is told in place
 * of being thrown: the process is not killed, since what it runs inside a container would go on without it.
 */
export async function feed(process: RemoteProcess, data: Bytes): Promise<Fed> {
  let over = false;
  const exit = process.exit.finally(() => {
    over = true;
  });
  exit.catch(() => undefined);
  const said = Promise.all([text(process.stdout), text(process.stderr)]).catch(() => ['', ''] as const);
  // One that ends without reading all of its input says why by its exit code.
  process.stdin.on('error', () => undefined);
  let failure: unknown;
  let whole = true;
  try {
    for await (const chunk of data) {
      if (over) {
        whole = false;
        break;
      }
      if (!process.stdin.write(chunk)) await drained(process.stdin, exit);
    }
  } catch (error) {
    failure = error ?? new Error('the data ended early');
  }
  process.stdin.end();
  const {code} = await exit;
  const [stdout, stderr] = await said;
  if (code === 0 && !whole) failure = new Error('it ended before it had read everything');
  return {output: {code, stdout, stderr}, ...(failure !== undefined && {failure})};
}

const drained = (stdin: Writable, exit: Promise<unknown>): Promise<unknown> =>
  Promise.race([new Promise(resolve => stdin.once('drain', resolve)), exit.catch(() => undefined)]);

/** What a process prints, as it comes; its end is an error unless it ended well: `check` throws it. */
export async function* produced(process: RemoteProcess, check: (output: Output) => void): AsyncGenerator<Uint8Array> {
  const stderr = text(process.stderr).catch(() => '');
  let ended = false;
  try {
    for await (const chunk of process.stdout) yield chunk as Uint8Array;
    const {code} = await process.exit;
    ended = true;
    check({code, stdout: '', stderr: await stderr});
  } finally {
    if (!ended) {
      process.kill();
      // A channel whose output nobody takes does not close.
      process.stdout.resume();
    }
  }
}
