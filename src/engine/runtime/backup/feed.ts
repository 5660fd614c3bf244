import {Readable} from 'node:stream';
import {text} from 'node:stream/consumers';
import {pipeline} from 'node:stream/promises';
import type {Output, RemoteProcess} from '../../hosts/connection.ts';
import type {Bytes} from './seal.ts';

/** How a process that was fed ended: what it said, and the source's own failure, of which it got only a part. */
export interface Fed {
  readonly output: Output;
  readonly failure?: unknown;
}

/** Sends all of `data` to a process and waits for its end. A source that fails ends the process; that is not thrown. */
export async function feed(process: RemoteProcess, data: Bytes): Promise<Fed> {
  let failure: unknown;
  const watched = async function* () {
    try {
      yield* data;
    } catch (error) {
      failure = error ?? new Error('the data ended early');
      process.kill();
      throw error;
    }
  };
  const exit = process.exit.finally(() => {
    if (!process.stdin.writableFinished) process.stdin.destroy();
  });
  const [sent, ended, stdout, stderr] = await Promise.allSettled([
    pipeline(Readable.from(watched(), {objectMode: false, highWaterMark: 1 << 20}), process.stdin),
    exit,
    text(process.stdout),
    text(process.stderr),
  ]);
  if (ended.status === 'rejected') throw failure ?? ended.reason;
  const output = {code: ended.value.code, stdout: said(stdout), stderr: said(stderr)};
  // A process that did not read to the end says why by its exit code; one that ended well must have read all.
  if (failure === undefined && sent.status === 'rejected' && output.code === 0) failure = sent.reason;
  return {output, ...(failure !== undefined && {failure})};
}

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
    if (!ended) process.kill();
  }
}

const said = (settled: PromiseSettledResult<string>): string => (settled.status === 'fulfilled' ? settled.value : '');
