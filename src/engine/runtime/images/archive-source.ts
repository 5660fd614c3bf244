import {createReadStream} from 'node:fs';
import {type FileHandle, open} from 'node:fs/promises';
import {Readable} from 'node:stream';
import {corruptImage} from './corrupt-image.ts';
import {paxRecords, type TarHeader, tarHeader} from './tar-header.ts';

/** The files of an image, by their path in it: an archive's members, or a folder's files. */
export interface ImageFiles {
  /** Absolute path of the archive or folder, for messages. */
  readonly path: string;
  /** Size in bytes; undefined when there is no such file. */
  size(name: string): Promise<number | undefined>;
  /** A new stream of the file. */
  stream(name: string): Readable;
}

interface Member {
  readonly offset: number;
  readonly size: number;
}

/** More members than any image has: a hostile archive must not fill the memory with names. */
const mostMembers = 100_000;
/** A long name or a pax header larger than this is hostile. */
const mostExtension = 1024 * 1024;

/**
 * The members of a tar file and where they are. Only headers are read, so an archive of any size costs one small read
 * a member. Errors: UserError `image-corrupt` for what is no tar file, or is cut short.
 */
export async function archiveFiles(path: string): Promise<ImageFiles> {
  const file = await open(path, 'r');
  try {
    const members = await scan(file, path);
    return {
      path,
      size: async name => members.get(name)?.size,
      stream: name => {
        const member = members.get(name);
        if (!member) throw corruptImage(path, `has no ${name}`);
        if (member.size === 0) return Readable.from([]);
        return createReadStream(path, {start: member.offset, end: member.offset + member.size - 1});
      },
    };
  } finally {
    await file.close();
  }
}

async function scan(file: FileHandle, path: string): Promise<Map<string, Member>> {
  const total = (await file.stat()).size;
  const members = new Map<string, Member>();
  const links: {name: string; target: string}[] = [];
  let longName: string | undefined;
  let longLink: string | undefined;
  let pax: ReadonlyMap<string, string> = new Map();
  for (let at = 0; at + 512 <= total; ) {
    const header = headerOf(await bytes(file, at, 512), path, at);
    if (!header) break;
    const body = at + 512;
    const size = sizeOf(header, pax);
    if (!Number.isSafeInteger(size) || size < 0 || body + size > total)
      throw corruptImage(path, `is cut short: ${header.name} should have ${size} bytes`);
    at = body + Math.ceil(size / 512) * 512;
    if ('xgLK'.includes(header.type)) {
      if (size > mostExtension) throw corruptImage(path, 'has a header that is too long');
      const extension = await bytes(file, body, size);
      if (header.type === 'x') pax = paxOf(extension, path);
      if (header.type === 'L') longName = extension.toString('utf8').replace(/\0.*$/s, '');
      if (header.type === 'K') longLink = extension.toString('utf8').replace(/\0.*$/s, '');
      continue;
    }
    const name = plainName(pax.get('path') ?? longName ?? header.name);
    const target = pax.get('linkpath') ?? longLink ?? header.linkName;
    if (header.type === '0' || header.type === '7') members.set(name, {offset: body, size});
    else if (header.type === '1') links.push({name, target: plainName(target)});
    else if (header.type === '2') links.push({name, target: besides(name, target)});
    if (members.size + links.length > mostMembers) throw corruptImage(path, 'has too many members to be an image');
    [longName, longLink, pax] = [undefined, undefined, new Map()];
  }
  if (members.size === 0) throw corruptImage(path, 'is not a tar archive');
  // "docker save" of old wrote a layer that comes twice as a link to the first.
  for (const link of links) {
    const member = members.get(link.target);
    if (member && !members.has(link.name)) members.set(link.name, member);
  }
  return members;
}

function headerOf(block: Buffer, path: string, at: number): TarHeader | undefined {
  try {
    return tarHeader(block);
  } catch (error) {
    throw corruptImage(path, at === 0 ? 'is not a tar archive' : `is damaged at byte ${at}`, error);
  }
}

function paxOf(body: Buffer, path: string): ReadonlyMap<string, string> {
  try {
    return paxRecords(body);
  } catch (error) {
    throw corruptImage(path, 'has a broken header', error);
  }
}

const sizeOf = (header: TarHeader, pax: ReadonlyMap<string, string>): number => {
  const written = pax.get('size');
  if (written !== undefined && !'xgLK'.includes(header.type)) return Number(written);
  return '0xgLK7'.includes(header.type) ? header.size : 0;
};

const plainName = (name: string): string => name.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '');

/** A symbolic link's target, seen from the folder of the link. */
function besides(name: string, target: string): string {
  const parts = name.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

async function bytes(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const {bytesRead} = await file.read(buffer, 0, length, position);
  return bytesRead === length ? buffer : buffer.subarray(0, bytesRead);
}
