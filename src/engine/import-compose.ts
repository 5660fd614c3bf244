import {statSync} from 'node:fs';
import {readdir, readFile} from 'node:fs/promises';
import nodePath from 'node:path';
import {builtInTemplates} from './open-project.ts';
import {type ImportedStack, importCompose} from './spec/compose/import-compose.ts';
import {parseEnvFile} from './spec/env-file.ts';
import {NiyantaError, UserError, UserErrors} from './spec/errors.ts';
import type {Files} from './spec/files.ts';
import {loadStack} from './spec/index.ts';
import {decodeText} from './spec/read-yaml.ts';
import {writeWhole} from './write-whole.ts';

export interface ImportWish {
  readonly cwd: string;
  /** As given; the one that Compose would take when there is none. */
  readonly files: readonly string[];
  /** File to write; nothing is written without. */
  readonly out?: string;
  readonly force: boolean;
  readonly secrets: boolean;
  readonly profiles: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface ImportResult extends ImportedStack {
  /** As given. */
  readonly files: readonly string[];
  /** The file that was written. */
  readonly written?: string;
  /** What niyanta says of the stack as it stands: variables to set, mostly. Empty: it can be planned. */
  readonly problems: readonly string[];
}

/** Those that Compose looks for, in its order. */
const USUAL = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];

/**
 * Turns Compose files into a stack, and writes it if told where.
 * Errors: UserError `exists` when the file is there and `force` is not given; `compose-missing` when there is no file;
 * those of `spec/compose`.
 */
export async function importComposeFiles(wish: ImportWish): Promise<ImportResult> {
  const names = wish.files.length > 0 ? wish.files : [await usualFile(wish.cwd)];
  const paths = names.map(name => nodePath.resolve(wish.cwd, name));
  const out = wish.out === undefined ? undefined : nodePath.resolve(wish.cwd, wish.out);
  if (out !== undefined && !wish.force && statSync(out, {throwIfNoEntry: false})) {
    const hint = '--force writes over it; without -o the stack is printed.';
    throw new UserError({code: 'exists', message: `${wish.out} exists already`, hint});
  }
  const nameOf = (path: string): string => {
    const relative = nodePath.relative(wish.cwd, path);
    return relative.startsWith('..') ? path : relative;
  };
  const home = nodePath.dirname(paths[0]!);
  const directory = out === undefined ? home : nodePath.dirname(out);
  const imported = await importCompose({
    paths,
    directory,
    fallbackName: nodePath.basename(home),
    profiles: wish.profiles,
    secrets: wish.secrets,
    dotenv: await dotenv(home),
    files,
    nameOf,
    kindOf,
  });
  const problems = await check(imported.text, out ?? nodePath.join(directory, 'stack.yaml'), nameOf, wish.env);
  if (out !== undefined) await writeWhole(out, imported.text);
  return {...imported, files: names, ...(out !== undefined && {written: nameOf(out)}), problems};
}

const files: Files = {read: path => readFile(path), list: path => readdir(path).catch(() => [])};

function kindOf(path: string): 'file' | 'folder' | undefined {
  try {
    const there = statSync(path, {throwIfNoEntry: false});
    return there?.isDirectory() ? 'folder' : there ? 'file' : undefined;
  } catch {
    // Below something that may not be read, or is no folder: nothing is known of it.
    return undefined;
  }
}

async function usualFile(cwd: string): Promise<string> {
  const there = await readdir(cwd);
  const found = USUAL.find(name => there.includes(name));
  if (found !== undefined) return found;
  const hint = 'Name it: niyanta import compose FILE.';
  throw new UserError({code: 'compose-missing', message: `there is no ${USUAL.join(', ')} in ${cwd}`, hint});
}

/** `.env` beside the Compose file, as Compose reads it; what is wrong in it is passed over, as Compose does. */
async function dotenv(directory: string): Promise<Readonly<Record<string, string>>> {
  const path = nodePath.join(directory, '.env');
  if (kindOf(path) !== 'file') return {};
  const text = decodeText(await readFile(path), '.env');
  return parseEnvFile(text, {name: '.env', directory}, () => undefined);
}

/** Reads the stack as `plan` will: every sentence that it would be refused with. */
async function check(
  text: string,
  path: string,
  nameOf: (path: string) => string,
  env: ImportWish['env'],
): Promise<string[]> {
  const source = {name: nameOf(path), directory: nodePath.dirname(path)};
  const inputs = [{source, bytes: new TextEncoder().encode(text)}];
  const templates = {directories: [builtInTemplates], files, nameOf};
  try {
    await loadStack({inputs, environment: 'default', params: {}, env, templates});
    return [];
  } catch (error) {
    if (!(error instanceof NiyantaError)) throw error;
    const all = error instanceof UserErrors ? error.errors : [error];
    return all.map(
      one => `${one instanceof UserError && one.location?.path ? `${one.location.path}: ` : ''}${one.message}`,
    );
  }
}
