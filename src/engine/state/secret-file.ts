import {stat} from 'node:fs/promises';
import {join} from 'node:path';
import {isMap, isScalar, LineCounter, parseDocument, stringify} from 'yaml';
import {UserError} from '../spec/errors.ts';
import {writeAtomically} from './atomic-file.ts';
import {textIfThere} from './text-if-there.ts';

/** Where a project's secrets are kept on this machine, until there is an encrypted store. */
export const secretFilePath = (directory: string): string => join(directory, '.niyanta', 'secrets.yaml');

/**
 * The secrets of the file, name → value; none when there is no file. No message of it ever quotes the file.
 * Errors: UserError `secrets-readable-by-others`, `secrets-invalid`.
 */
export async function readSecretFile(file: string): Promise<ReadonlyMap<string, string>> {
  const text = await textIfThere(file);
  if (text === undefined) return new Map();
  await refuseWideMode(file);
  const lines = new LineCounter();
  const document = parseDocument(text, {lineCounter: lines, prettyErrors: false});
  const at = (offset: number | undefined) => {
    const {line, col} = lines.linePos(offset ?? 0);
    return {file, line: Math.max(1, line), column: Math.max(1, col)};
  };
  const broken = document.errors[0];
  if (broken) throw invalid(`is not YAML (${broken.code})`, at(broken.pos[0]));
  if (document.contents === null) return new Map();
  if (!isMap(document.contents)) throw invalid('must hold one line a secret: NAME: "value"', at(0));
  const secrets = new Map<string, string>();
  for (const {key, value} of document.contents.items) {
    const offset = (key as {range?: readonly number[]}).range?.[0];
    if (!isScalar(key) || typeof key.value !== 'string') throw invalid('has a name that is not text', at(offset));
    if (!isScalar(value) || typeof value.value !== 'string')
      throw invalid(`has a value for "${key.value}" that is not text: put it in quotes`, at(offset));
    secrets.set(key.value, value.value);
  }
  return secrets;
}

/** Replaces the file whole, mode 0600, names sorted. */
export async function writeSecretFile(file: string, secrets: ReadonlyMap<string, string>): Promise<void> {
  const sorted = Object.fromEntries([...secrets].sort(([a], [b]) => (a < b ? -1 : 1)));
  const text = stringify(sorted, {defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0});
  await writeAtomically(file, text, {mode: 0o600, force: true});
}

async function refuseWideMode(file: string): Promise<void> {
  const mode = (await stat(file)).mode & 0o777;
  if ((mode & 0o077) === 0) return;
  throw new UserError({
    code: 'secrets-readable-by-others',
    message: `${file} can be read by others (mode ${mode.toString(8).padStart(4, '0')})`,
    hint: `chmod 600 ${file}`,
  });
}

const invalid = (what: string, location: {file: string; line: number; column: number}) =>
  new UserError({
    code: 'secrets-invalid',
    message: `the secrets file ${what}`,
    location,
    hint: 'Set a secret with `niyanta secret set NAME`; it writes the file as it must be.',
  });
