import {readFile} from 'node:fs/promises';
import {buffer} from 'node:stream/consumers';
import {UserError} from '../engine/spec/errors.ts';
import {type SecretValue, secretValue} from '../engine/state/secret-value.ts';

/**
 * A secret's value: asked for without showing it on a terminal, else all of standard input; of text without one last
 * line break. With a file, all of it as it is.
 */
export async function readSecret(name: string, file?: string): Promise<SecretValue> {
  if (file !== undefined) return secretValue(await readFile(file).catch(unreadable(file)));
  if (!process.stdin.isTTY) return withoutLineBreak(secretValue(await buffer(process.stdin)));
  const {password} = await import('@inquirer/prompts');
  return await password({message: `Value of ${name}:`, mask: '*'}, {output: process.stderr});
}

const withoutLineBreak = (value: SecretValue): SecretValue =>
  typeof value === 'string' ? value.replace(/\r?\n$/, '') : value;

const unreadable =
  (file: string) =>
  (cause: unknown): never => {
    throw new UserError({code: 'file-unreadable', message: `${file} cannot be read`, cause});
  };
