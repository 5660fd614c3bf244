import {once} from 'node:events';
import {finished} from 'node:stream/promises';
import type {RemoteProcess, TerminalSize} from '../engine/hosts/connection.ts';

/** The streams of this process, or a test's. */
export interface TerminalStreams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** What to ask of a connection's `spawn` for a terminal as large as this one. */
export function terminalHere({stdout}: Pick<TerminalStreams, 'stdout'>): TerminalSize & {readonly term: string} {
  return {...sizeOf(stdout), term: process.env.TERM ?? 'xterm-256color'};
}

const sizeOf = ({columns, rows}: NodeJS.WriteStream): TerminalSize => ({columns: columns ?? 80, rows: rows ?? 24});

/**
 * Connects this process's streams to one on a host until that ends, and gives its exit code. With `raw` every key
 * goes there, Ctrl-C too, and it learns when the terminal's size changes. The terminal is restored whatever happens.
 */
export async function bridgeTerminal(
  remote: RemoteProcess,
  streams: TerminalStreams,
  options: {readonly raw: boolean; readonly signal?: AbortSignal},
): Promise<number> {
  const undo = [
    connectInput(remote, streams.stdin),
    ...(options.raw ? [rawKeys(streams.stdin), followSize(remote, streams.stdout)] : []),
    ...(options.signal ? [killOn(options.signal, remote)] : []),
  ];
  try {
    const output = [drained(remote.stdout, streams.stdout), drained(remote.stderr, streams.stderr)];
    const {code} = await remote.exit;
    await Promise.all(output);
    return code;
  } finally {
    for (const each of undo.toReversed()) each();
  }
}

function connectInput(remote: RemoteProcess, stdin: NodeJS.ReadStream): () => void {
  // The process may end while its input is still being written; its exit code tells the story then.
  remote.stdin.on('error', () => {});
  stdin.pipe(remote.stdin);
  return () => {
    stdin.unpipe(remote.stdin);
    stdin.pause();
    stdin.unref?.();
  };
}

function rawKeys(stdin: NodeJS.ReadStream): () => void {
  const restore = () => {
    stdin.setRawMode(false);
  };
  stdin.setRawMode(true);
  process.once('exit', restore);
  return () => {
    process.off('exit', restore);
    restore();
  };
}

function followSize(remote: RemoteProcess, stdout: NodeJS.WriteStream): () => void {
  const resize = () => remote.resize(sizeOf(stdout));
  stdout.on('resize', resize);
  return () => stdout.off('resize', resize);
}

function killOn(signal: AbortSignal, remote: RemoteProcess): () => void {
  const kill = () => remote.kill();
  if (signal.aborted) kill();
  signal.addEventListener('abort', kill, {once: true});
  return () => signal.removeEventListener('abort', kill);
}

/** Everything the host sent has been taken over; a slow reader here slows the host down, not memory up. */
async function drained(from: NodeJS.ReadableStream, to: NodeJS.WriteStream): Promise<void> {
  from.on('data', async chunk => {
    if (to.destroyed || to.write(chunk)) return;
    from.pause();
    await Promise.race([once(to, 'drain'), once(to, 'close')]);
    from.resume();
  });
  await finished(from, {writable: false});
}
