import {createHash} from 'node:crypto';
import {PassThrough, pipeline, type Readable, type Writable} from 'node:stream';
import {extract, type Header, pack} from 'tar-stream';
import {OutsideError} from '../../spec/errors.ts';
import {contract} from './contract.ts';

/** Files of one checkpoint. */
const mostFiles = 10_000;
/** Bytes of the file of checksums. */
const longestSums = 1 << 20;

/**
 * Holds a checkpoint, as `packCheckpoint` writes it, against its own checksums on its way, and gives on what belongs to it
 * as a tar stream of plain files under relative names. `all`: there need not be checksums. The stream ends with an
 * OutsideError `checkpoint-torn` where a file is missing, is not what its checksum says, or has a name that leads
 * elsewhere. `progress` resolves when the stream has ended.
 */
export function checkedCheckpoint(
  source: Readable,
  which: 'summed' | 'all',
): {readonly tar: Readable; readonly progress: Promise<number | undefined>} {
  const out = pack();
  const progress = check(source, out, which);
  const tar = new PassThrough();
  pipeline(out, tar, () => undefined);
  progress.catch(error => tar.destroy(error as Error));
  return {tar, progress};
}

async function check(
  source: Readable,
  out: ReturnType<typeof pack>,
  which: 'summed' | 'all',
): Promise<number | undefined> {
  const entries = extract();
  pipeline(source, entries, () => undefined);
  let sums: ReadonlyMap<string, string> | undefined;
  let progress: number | undefined;
  const seen = new Set<string>();
  for await (const entry of entries) {
    const {name, type, size = 0} = entry.header;
    if (type !== 'file') throw torn(`${name} is no plain file`);
    if (which === 'summed' && !sums) {
      if (name !== contract.sums || size > longestSums) throw torn(`its ${contract.sums} cannot be read`);
      const text = await gathered(entry);
      sums = parseSums(text.toString());
      await written(out, entry.header, text);
      continue;
    }
    if (name === contract.progress && !sums?.has(name)) {
      progress = percentOf((await gathered(entry)).toString());
      continue;
    }
    if (!isPlainName(name)) throw torn(`${JSON.stringify(name)} is not a name inside its folder`);
    if (seen.size >= mostFiles) throw torn(`it has more than ${mostFiles} files`);
    const wanted = sums?.get(name);
    if (sums && wanted === undefined) throw torn(`${name} is not in its ${contract.sums}`);
    seen.add(name);
    const hash = createHash('sha256');
    const file = out.entry({
      name,
      size,
      mode: entry.header.mode,
      uid: entry.header.uid,
      gid: entry.header.gid,
    }) as unknown as Writable;
    for await (const chunk of entry) {
      hash.update(chunk as Uint8Array);
      if (!file.write(chunk)) await drained(file, out as unknown as Readable);
    }
    file.end();
    if (wanted !== undefined && hash.digest('hex') !== wanted) throw torn(`${name} is not what its checksum says`);
  }
  const missing = [...(sums?.keys() ?? [])].find(name => !seen.has(name));
  if (missing !== undefined) throw torn(`${missing} is missing`);
  if (seen.size === 0) throw torn('there is no file in it');
  out.finalize();
  return progress;
}

/**
 * What a file of checksums names, as sha256sum(1) prints it: 64 hex digits, a blank, a blank or `*`, the name. Errors:
 * OutsideError `checkpoint-torn` for any other line, and for names that lead out of the folder.
 */
export function parseSums(text: string): ReadonlyMap<string, string> {
  const sums = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const [, hash, name = ''] = /^([0-9a-f]{64}) [ *](?:\.\/)?(.+)$/i.exec(line) ?? [];
    if (hash === undefined) throw torn(`its ${contract.sums} has a line that is none: ${line.slice(0, 80)}`);
    if (!isPlainName(name)) throw torn(`${JSON.stringify(name)} is not a name inside its folder`);
    sums.set(name, hash.toLowerCase());
  }
  if (sums.size === 0) throw torn(`its ${contract.sums} names no file`);
  if (sums.size > mostFiles) throw torn(`it has more than ${mostFiles} files`);
  return sums;
}

/** Relative, below its folder, and nothing in it that a file system, tar or a terminal would take for something else. */
export const isPlainName = (name: string): boolean =>
  name.length > 0 &&
  name.length <= 1024 &&
  name !== contract.sums &&
  !/[\0-\x1f\x7f\\]/.test(name) &&
  name.split('/').every(part => part !== '' && part !== '.' && part !== '..');

/** `42` or `42.5 %`; undefined for anything else. */
export function percentOf(text: string): number | undefined {
  const [, number] = /^\s*(\d{1,3}(?:\.\d{1,6})?)\s*%?\s*$/.exec(text) ?? [];
  return number === undefined || Number(number) > 100 ? undefined : Number(number);
}

/** Whoever reads the stream may have gone, and reads no more. */
async function drained(file: Writable, out: Readable): Promise<void> {
  await new Promise(resolve => {
    file.once('drain', resolve);
    out.once('close', resolve);
  });
  if (out.destroyed) throw new Error('nobody reads the checkpoint any more');
}

async function gathered(entry: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of entry) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

const written = (out: ReturnType<typeof pack>, {name, mode}: Header, content: Buffer): Promise<void> =>
  new Promise((resolve, reject) => out.entry({name, mode}, content, error => (error ? reject(error) : resolve())));

const torn = (why: string): OutsideError =>
  new OutsideError({
    code: 'checkpoint-torn',
    message: `the checkpoint is not whole: ${why}`,
    hint: `Write files under new names, then their checksums, and rename those to ${contract.sums} (docs/WORKLOADS.md).`,
  });
