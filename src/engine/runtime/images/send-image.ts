import type {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {render} from '../../hosts/command.ts';
import type {Connection, Output} from '../../hosts/connection.ts';
import {mustRun} from '../../hosts/must-run.ts';
import {Slots} from '../../hosts/slots.ts';
import {OutsideError, UserError} from '../../spec/errors.ts';
import type {FencedHost} from '../fenced-host.ts';
import {imageArchive} from './image-archive.ts';
import {importImage, listedImages, storedBlobs} from './image-commands.ts';
import type {LocalBlob, LocalImage} from './local-image.ts';

export interface SendOptions {
  /** Bytes that left this machine, of how many; `total` is known before the first byte leaves. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** What it took. */
export interface Sent {
  /** Bytes that went over the connection, the archive's own headers included. */
  readonly bytes: number;
  /** Digests of the blobs that were sent. */
  readonly blobs: readonly string[];
}

/**
 * The blobs that the host lacks. Manifest and configuration (a few KB) always count as lacking: sending them keeps an
 * import whole when containerd's garbage collector took them in between.
 */
export async function missingBlobs(connection: Connection, image: LocalImage): Promise<readonly LocalBlob[]> {
  const output = await mustRun(connection, storedBlobs.command, {what: 'list its image blobs'});
  const stored = storedBlobs.parse(output.stdout);
  return image.blobs.filter((blob, i) => i < 2 || !stored.has(blob.digest));
}

/** Transfers under way from this machine: more would share its line and its memory, and none be faster for it. */
const transfers = new Slots(8);

/** One transfer at a time a host: the next one finds the layers that both share already there. */
const queues = new WeakMap<FencedHost, Promise<unknown>>();

/**
 * Brings an image from this machine into the host's containerd under `name`, sending only what the host lacks. May be
 * repeated after any interruption: the image gets its name when all of it is there. Errors: OutsideError `disk-full`,
 * `image-import-failed`; UserError `image-corrupt` when the file here is not what it says.
 */
export async function sendImage(
  host: FencedHost,
  image: LocalImage,
  name: string,
  options: SendOptions = {},
): Promise<Sent> {
  const before = queues.get(host);
  const turn = (async () => {
    await before?.catch(() => {});
    const leave = await transfers.take(options.signal);
    return sendNow(host, image, name, options).finally(leave);
  })();
  queues.set(host, turn);
  return turn;
}

async function sendNow(host: FencedHost, image: LocalImage, name: string, options: SendOptions): Promise<Sent> {
  const missing = await missingBlobs(host.reading, image);
  let sent = await transfer(host, image, name, missing, options);
  // A blob that was there a moment ago may have been collected since: the whole image then.
  if (sent === 'blob-gone') sent = await transfer(host, image, name, image.blobs, options);
  if (sent === 'blob-gone') throw notThere(host, image, name);
  const listed = await mustRun(host.reading, listedImages.command, {what: 'list its images'});
  const found = listedImages.parse(listed.stdout).find(candidate => candidate.name === name);
  if (found?.digest !== image.digest) throw notThere(host, image, name);
  return sent;
}

async function transfer(
  host: FencedHost,
  image: LocalImage,
  name: string,
  blobs: readonly LocalBlob[],
  {onProgress, signal}: SendOptions,
): Promise<Sent | 'blob-gone'> {
  const total = blobs.reduce((sum, blob) => sum + blob.size, 0);
  let bytes = 0;
  onProgress?.(0, total);
  const process = await host.spawn(importImage, `import ${name}`);
  // The pipeline below tells of failures; a stream that fails once more after its end has nobody else to tell.
  process.stdin.on('error', () => {});
  const stderr = collected(process.stderr);
  const stdout = collected(process.stdout);
  const archive = imageArchive(image, name, blobs);
  archive.stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    onProgress?.(Math.min(bytes, total), total);
  });
  const stop = (): void => void archive.stream.destroy(new Error('stopped'));
  signal?.addEventListener('abort', stop);
  const written = await pipeline(archive.stream, process.stdin)
    .then(
      () => undefined,
      (error: unknown) => error,
    )
    .finally(() => signal?.removeEventListener('abort', stop));
  if (written !== undefined) {
    if (signal?.aborted || written instanceof UserError) process.kill();
    signal?.throwIfAborted();
    if (written instanceof UserError) throw written;
  }
  const {code} = await process.exit;
  const output = {code, stdout: await stdout, stderr: await stderr};
  if (code === 0 && written === undefined) return {bytes, blobs: blobs.map(blob => blob.digest)};
  if (blobs.length < image.blobs.length && /not found|not exist/i.test(output.stderr)) return 'blob-gone';
  if (code === 0) throw written;
  throw importFailure(host, name, output);
}

/** The last 64 KB that a process says. */
async function collected(stream: Readable): Promise<string> {
  let text = '';
  try {
    for await (const chunk of stream) text = (text + String(chunk)).slice(-65_536);
  } catch {
    // The process was killed or the connection lost: its exit tells.
  }
  return text;
}

const notThere = ({host}: FencedHost, image: LocalImage, name: string): OutsideError =>
  new OutsideError({
    code: 'image-import-failed',
    message: `${host}: containerd took ${name}, but does not have it with digest ${image.digest}`,
    hint: `Look at the host's images: ctr --namespace niyanta images ls`,
    host,
    transient: true,
  });

function importFailure({host}: FencedHost, name: string, output: Output): OutsideError {
  const lastLines = `${output.stdout}\n${output.stderr}`.split('\n').filter(Boolean).slice(-10);
  const full = /no space left on device/i.test(output.stderr);
  return new OutsideError({
    code: full ? 'disk-full' : 'image-import-failed',
    message: full
      ? `${host}: the disk is full; it could not take ${name}`
      : `${host}: could not import ${name}: ${lastLines.at(-1) ?? `exit code ${output.code}`}`,
    hint: full
      ? `Make room under /var/lib/containerd on ${host}, for example with "niyanta gc".`
      : 'Check that containerd runs: niyanta doctor',
    host,
    command: render(importImage),
    exitCode: output.code,
    lastLines,
    // Locked: another import of the same blob has not ended yet.
    transient: /unavailable|locked|connection refused|deadline exceeded|transport is closing/i.test(output.stderr),
  });
}
