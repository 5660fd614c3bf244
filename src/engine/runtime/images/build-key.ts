import {createHash, type Hash} from 'node:crypto';
import {lstat, readdir, readFile, readlink} from 'node:fs/promises';
import {join} from 'node:path';
import {UserError} from '../../spec/errors.ts';
import type {ImageSource} from '../../spec/stack.ts';
import {type FileHashes, openFileHashes} from './file-hashes.ts';
import {ignorePatterns} from './ignore-patterns.ts';
import {localArchitecture} from './open-image.ts';

/** Something to build, as a stack says it. */
export type BuildSource = Extract<ImageSource, {kind: 'build'}>;

/** Raised when builds come out differently for the same input, so that old results are not used. */
const keyVersion = 3;

/**
 * 64 hex digits that change when anything does that goes into the build: names, modes and contents of the context's
 * files (without those that .dockerignore leaves out), the Dockerfile, the arguments, the target, the architecture.
 * Times and owners do not count. Files are read as streams; those that did not change since are not read again where
 * `cache` (`.niyanta/images`) remembers them. Errors: UserError `build-context-missing`, `build-file-missing`.
 */
export async function buildKey(source: BuildSource, cache?: string): Promise<string> {
  const hash = createHash('sha256');
  const args = Object.entries(source.args).sort(([a], [b]) => (a < b ? -1 : 1));
  field(hash, JSON.stringify([keyVersion, localArchitecture, source.target ?? null, args]));
  field(hash, await dockerfile(source));
  const ignored = ignorePatterns(await ignoreText(source));
  const hashes = await openFileHashes(source.context, cache);
  for (const path of await contextFiles(source.context)) {
    if (!ignored(path)) await addEntry(hash, source.context, path, hashes);
  }
  await hashes.save();
  return hash.digest('hex');
}

/** Length first, so that two fields never read as one. */
const field = (hash: Hash, content: string | Buffer): void => {
  hash.update(`${Buffer.byteLength(content)}:`);
  hash.update(content);
};

async function dockerfile(source: BuildSource): Promise<Buffer> {
  return readFile(source.file).catch((cause: NodeJS.ErrnoException) => {
    throw new UserError({
      code: 'build-file-missing',
      message: `${source.file}: cannot be read (${cause.code})`,
      hint: 'A build needs a Dockerfile: write one, or name it with "build: {context: …, file: …}".',
      cause,
    });
  });
}

/** An ignore file named after the Dockerfile goes before the context's own. */
async function ignoreText(source: BuildSource): Promise<string> {
  for (const path of [`${source.file}.dockerignore`, join(source.context, '.dockerignore')]) {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text !== undefined) return text;
  }
  return '';
}

/** Paths in the context with `/` between their parts, sorted by code unit, whatever order the file system has. */
async function contextFiles(context: string): Promise<string[]> {
  const paths: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(context, folder), {withFileTypes: true})) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      paths.push(path);
      if (entry.isDirectory()) await walk(path);
    }
  };
  await walk('').catch((cause: NodeJS.ErrnoException) => {
    throw new UserError({
      code: 'build-context-missing',
      message: `${cause.path ?? context}: cannot be read as part of a build's context (${cause.code})`,
      hint: 'Check the path after "build: {context: …".',
      cause,
    });
  });
  return paths.sort((a, b) => (a < b ? -1 : 1));
}

async function addEntry(hash: Hash, context: string, path: string, hashes: FileHashes): Promise<void> {
  const full = join(context, path);
  const found = await lstat(full, {bigint: true});
  field(hash, path);
  field(hash, (found.mode & 0o7777n).toString(8));
  if (found.isSymbolicLink()) field(hash, `link ${await readlink(full)}`);
  else if (found.isDirectory()) field(hash, 'folder');
  else if (found.isFile()) field(hash, `file ${await hashes.of(full, found)}`);
  else field(hash, 'other');
}
