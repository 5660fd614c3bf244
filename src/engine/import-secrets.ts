import {readFile} from 'node:fs/promises';
import nodePath from 'node:path';
import {keepSecrets} from './keep-secret.ts';
import type {Session} from './session.ts';
import {parseEnvFile} from './spec/env-file.ts';
import {UserError, UserErrors} from './spec/errors.ts';
import {SECRET_NAME} from './spec/names.ts';
import {sealedValue} from './state/sealed-secrets.ts';
import {readSecretFile} from './state/secret-file.ts';

export interface ImportOptions {
  /** `-` is standard input, in the form of an env file; .yaml and .yml are read as .niyanta/secrets.yaml, others as env files. */
  readonly file: string;
  readonly stdin: () => Promise<string>;
  readonly environment?: string;
  /** Replace what is there. */
  readonly overwrite: boolean;
}

/**
 * Takes over all secrets of a file, or none. Errors: UserError `secret-exists` for names that have an encrypted value
 * already, `secret-name`, `file-unreadable`, and those of the file's form; none quotes a value.
 */
export async function importSecrets(
  session: Session,
  {file, stdin, environment, overwrite}: ImportOptions,
): Promise<{readonly names: readonly string[]; readonly store: string}> {
  const values = await valuesOf(file, stdin);
  const wrong = [...values.keys()].filter(name => !SECRET_NAME.test(name));
  if (wrong.length > 0) throw wrongNames(wrong);
  const read = await session.secretStore.read();
  const entryOf = (name: string) => ({name, ...(environment === undefined ? {} : {environment})});
  const there = [...values.keys()].filter(name => read && sealedValue(read.sealed, entryOf(name)) !== undefined);
  if (there.length > 0 && !overwrite)
    throw new UserError({
      code: 'secret-exists',
      message: `nothing was imported: ${there.join(', ')} ${there.length === 1 ? 'has' : 'have'} a value already`,
      hint: 'Add --overwrite to replace it.',
    });
  const empty = [...values].filter(([, value]) => value === '').map(([name]) => name);
  if (values.size === 0 || empty.length > 0) throw noValues(file, empty);
  const {file: store} = await keepSecrets(session, values, environment);
  return {names: [...values.keys()].sort(), store};
}

async function valuesOf(file: string, stdin: () => Promise<string>): Promise<ReadonlyMap<string, string>> {
  if (/\.ya?ml$/.test(file)) return readSecretFile(nodePath.resolve(file));
  const text = file === '-' ? await stdin() : await readFile(file, 'utf8').catch(unreadable(file));
  const errors: UserError[] = [];
  const source = {name: file === '-' ? '<stdin>' : file, directory: nodePath.dirname(file)};
  const values = parseEnvFile(text, source, error => errors.push(error));
  if (errors.length > 0) throw new UserErrors(errors);
  return new Map(Object.entries(values));
}

const unreadable =
  (file: string) =>
  (cause: unknown): never => {
    throw new UserError({code: 'file-unreadable', message: `${file} cannot be read`, cause});
  };

const wrongNames = (names: readonly string[]): UserError =>
  new UserError({
    code: 'secret-name',
    message: `nothing was imported: ${names.map(name => JSON.stringify(name)).join(', ')} cannot be ${names.length === 1 ? 'the name of a secret' : 'names of secrets'}`,
    hint: 'Use letters, digits and _, no digit first.',
  });

const noValues = (file: string, empty: readonly string[]): UserError =>
  new UserError({
    code: 'secret-value',
    message: empty.length > 0 ? `nothing was imported: ${empty.join(', ')} is empty` : `${file} holds no secrets`,
    hint: 'Each line is NAME=value.',
  });
