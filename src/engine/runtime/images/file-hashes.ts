import {createHash, randomBytes} from 'node:crypto';
import {type BigIntStats, createReadStream, existsSync} from 'node:fs';
import {mkdir, readFile, rename, rm, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {pipeline} from 'node:stream/promises';

/** Hashes of files' contents, remembered from run to run by what the file system says of each file. */
export interface FileHashes {
  /** SHA-256 of a file's content, as 64 hex digits; `found` is its lstat, taken before. */
  of(path: string, found: BigIntStats): Promise<string>;
  /** Keeps what was asked for; the rest is forgotten. */
  save(): Promise<void>;
}

/** `ino size mtime ctime`, the latter in nanoseconds, and the hash of what the file had then. */
type Remembered = readonly [sign: string, hash: string];

/**
 * A file that was touched less than this before it was read may be touched again without a sign: file systems count
 * time in steps, of two seconds at worst. Such a file is read again next time, as git's index has it.
 */
const racyMs = 2500n;

/** Raised when the format of the file changes. */
const version = 1;

/**
 * Hashes for the files of one context, kept in a file of `cache` (`.niyanta/images`) when that folder is there: a plan
 * makes none. Without `cache`, and with a file that does not read, everything is hashed.
 */
export async function openFileHashes(context: string, cache?: string): Promise<FileHashes> {
  const name = createHash('sha256').update(context).digest('hex').slice(0, 16);
  const file = cache !== undefined && existsSync(cache) ? join(cache, '.hashes', `${name}.json`) : undefined;
  const before = file === undefined ? {} : await remembered(file);
  const now: Record<string, Remembered> = {};
  let news = false;
  return {
    async of(path, found) {
      const sign = `${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}`;
      const known = before[path];
      if (known?.[0] === sign) {
        now[path] = known;
        return known[1];
      }
      const readAt = BigInt(Date.now());
      const hash = await hashOf(path);
      // Unlike mtime, ctime cannot be set back.
      if (found.ctimeMs + racyMs < readAt) now[path] = [sign, hash];
      news = true;
      return hash;
    },
    async save() {
      if (file !== undefined && news) await keep(file, JSON.stringify({version, files: now}));
    },
  };
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, {highWaterMark: 1024 * 1024}), async chunks => {
    for await (const chunk of chunks) hash.update(chunk as Buffer);
  });
  return hash.digest('hex');
}

async function remembered(file: string): Promise<Readonly<Record<string, Remembered>>> {
  try {
    const read = JSON.parse(await readFile(file, 'utf8'));
    return read.version === version ? read.files : {};
  } catch {
    // Not there yet, cut short, or somebody else's: then the files themselves are read.
    return {};
  }
}

/** A run that cannot write it (a full disk, somebody else's folder) only is no faster next time. */
async function keep(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    await mkdir(dirname(file), {recursive: true});
    await writeFile(temporary, text, {mode: 0o600});
    await rename(temporary, file);
  } catch {
    await rm(temporary, {force: true});
  }
}
