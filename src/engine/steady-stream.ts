import {setTimeout as sleep} from 'node:timers/promises';
import type {RemoteProcess} from './hosts/index.ts';
import {linesOf} from './runtime/lines-of.ts';
import {OutsideError} from './spec/errors.ts';

export interface SteadyStream {
  readonly host: string;
  /** Starts the process; `again` when it is not the first time. Whatever was missed meanwhile is made good here. */
  readonly open: (again: boolean) => Promise<RemoteProcess>;
  readonly onLine: (line: string) => Promise<void> | void;
  /** Told once for each time that the host is lost, and when it is back. */
  readonly onLost: (host: string, why: string) => void;
  readonly onBack: (host: string) => void;
  readonly signal: AbortSignal;
}

/** Between two tries. Milliseconds. */
const pauseMs = 1000;
/** A process that ends sooner than this was no use; so many in a row are a failure. Milliseconds. */
const shortMs = 2000;
const mostShort = 5;

/**
 * Reads lines of a process on a host until the signal: when the connection is lost, or the process ends, it begins anew
 * as soon as the host answers. Errors: OutsideError `stream-ended` of a process that ends again and again, and what will
 * not pass by itself.
 */
export async function readSteadily(stream: SteadyStream): Promise<void> {
  const {host, signal, onLost, onBack} = stream;
  let short = 0;
  let lost = false;
  for (let again = false; !signal.aborted; again = true) {
    const began = performance.now();
    try {
      const process = await stream.open(again);
      if (lost) onBack(host);
      lost = false;
      const code = await readToEnd(process, stream);
      if (signal.aborted) return;
      short = performance.now() - began < shortMs ? short + 1 : 0;
      if (short >= mostShort) throw ended(host, code);
    } catch (error) {
      if (signal.aborted) return;
      if (!isAway(error)) throw error;
      if (!lost) onLost(host, error.message);
      lost = true;
    }
    await sleep(pauseMs, undefined, {signal}).catch(() => undefined);
  }
}

async function readToEnd(process: RemoteProcess, {onLine, signal}: SteadyStream): Promise<number> {
  const stop = (): void => process.kill();
  signal.addEventListener('abort', stop, {once: true});
  if (signal.aborted) stop();
  try {
    for await (const line of linesOf(process.stdout)) {
      if (signal.aborted) break;
      await onLine(line);
    }
    return (await process.exit).code;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Of a host that is lost, for now at least. */
export const isAway = (error: unknown): error is OutsideError =>
  error instanceof OutsideError && (error.transient || error.code === 'host-unreachable');

const ended = (host: string, code: number): OutsideError =>
  new OutsideError({
    code: 'stream-ended',
    message: `${host}: what is followed there ends again and again, with exit code ${code}`,
    hint: 'See whether containerd runs there: niyanta doctor.',
    host,
  });
