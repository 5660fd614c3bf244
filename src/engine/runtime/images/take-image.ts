import {once} from 'node:events';
import {createInterface} from 'node:readline';
import type {Readable} from 'node:stream';
import type {Connection, RemoteProcess} from '../../hosts/connection.ts';
import {mustRun} from '../../hosts/must-run.ts';
import {OutsideError} from '../../spec/errors.ts';
import type {FencedHost} from '../fenced-host.ts';
import {type ArchivePart, archiveParts} from './image-archive.ts';
import {listedImages} from './image-commands.ts';
import type {LocalBlob, LocalImage} from './local-image.ts';
import {giveBlobs, takeBlobs} from './pass-blobs.ts';

/** A host that has an image, and the address under which others reach it. */
export interface Giver {
  readonly connection: Connection;
  readonly address: string;
}

export interface TakeOptions {
  /** The blobs that the taker lacks; the large ones come from the giver. */
  readonly blobs: readonly LocalBlob[];
  /** Shown to nobody: proves that who asks the giver was told to. */
  readonly token: string;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Brings an image to a host out of another host's content store, over a connection between the two; only what is small
 * goes out from here. Containerd checks every blob against its digest. Errors: OutsideError `image-not-passed-on` when
 * they cannot reach each other or it broke off: then it can still be sent from here.
 */
export async function takeImage(
  host: FencedHost,
  image: LocalImage,
  name: string,
  giver: Giver,
  {blobs, token, onProgress, signal}: TakeOptions,
): Promise<void> {
  const parts = await archiveParts(image, name, blobs);
  const giving = await giver.connection.spawn(giveBlobs(giver.address));
  giving.stdin.on('error', () => undefined);
  const said: string[] = [];
  createInterface({input: giving.stderr}).on('line', line => said.push(line));
  try {
    giving.stdin.write(`${token}\n`);
    const port = await portOf(giving.stdout, giving.exit);
    if (port === undefined) throw notPassedOn(giver, host, said);
    const taking = await host.spawn(takeBlobs, `import ${name}`);
    const stop = (): void => taking.kill();
    signal?.addEventListener('abort', stop, {once: true});
    taking.stdout.resume();
    const total = blobs.reduce((sum, blob) => sum + blob.size, 0);
    tell(taking.stderr, {onTaken: done => onProgress?.(done, total), onSaid: line => said.push(line)});
    await feed(taking, [`${giver.address} ${port} ${token}\n`, ...parts]);
    const {code} = await taking.exit.finally(() => signal?.removeEventListener('abort', stop));
    signal?.throwIfAborted();
    const listed = await mustRun(host.reading, listedImages.command, {what: 'list its images'});
    const found = listedImages.parse(listed.stdout).find(candidate => candidate.name === name);
    if (code !== 0 || found?.digest !== image.digest) throw notPassedOn(giver, host, said);
  } finally {
    giving.stdin.end();
    giving.kill();
  }
}

/** What the taker reads: its head, then the members of the archive. Ends early when the taker does. */
async function feed({stdin, exit}: RemoteProcess, parts: readonly (string | ArchivePart)[]): Promise<void> {
  stdin.on('error', () => undefined);
  for (const part of parts) {
    if (typeof part === 'string') stdin.write(part);
    else if (part.kind === 'blob') stdin.write(`blob ${part.blob.digest.replace('sha256:', '')} ${part.blob.size}\n`);
    else {
      stdin.write(`bytes ${part.bytes.length}\n`);
      if (!stdin.write(part.bytes)) await Promise.race([once(stdin, 'drain').catch(() => undefined), exit]);
    }
  }
  stdin.end();
}

interface Told {
  readonly onTaken: (done: number) => void;
  readonly onSaid: (line: string) => void;
}

/** Reads how many bytes were taken so far, and what else is said. */
function tell(stderr: Readable, {onTaken, onSaid}: Told): void {
  let done = 0;
  createInterface({input: stderr}).on('line', line => {
    const taken = /^taken (\d+)$/.exec(line);
    if (!taken) return onSaid(line);
    done += Number(taken[1]);
    onTaken(done);
  });
}

/** The first line that the giver prints; undefined when it ends without. */
async function portOf(stdout: NodeJS.ReadableStream, exit: Promise<unknown>): Promise<number | undefined> {
  const first = new Promise<number>(resolve => {
    createInterface({input: stdout}).once('line', line => resolve(Number(line)));
  });
  return Promise.race([first, exit.then(() => undefined)]);
}

const notPassedOn = (giver: Giver, {host}: FencedHost, said: readonly string[]): OutsideError =>
  new OutsideError({
    code: 'image-not-passed-on',
    message: `${host}: could not take the image from ${giver.connection.host} (${giver.address})`,
    hint: 'It is sent from this machine instead.',
    host,
    lastLines: said.slice(-5),
    transient: true,
  });
