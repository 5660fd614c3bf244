import {appendFile, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {UserError} from './spec/errors.ts';
import {withMutex} from './state/mutex.ts';
import {readSecretFile, secretFilePath, writeSecretFile} from './state/secret-file.ts';
import type {SecretValue} from './state/secret-value.ts';

/**
 * Keeps secrets in `.niyanta/secrets.yaml` of the project's folder (mode 0600, in clear), and sees to it that git
 * ignores that folder. Errors: UserError `secret-value`, and those of the secrets file.
 */
export async function keepSecretsHere(
  directory: string,
  values: ReadonlyMap<string, SecretValue>,
): Promise<{readonly file: string}> {
  const texts = [...values].map(([name, value]) => [name, text(name, value)] as const);
  const file = secretFilePath(directory);
  await withMutex(join(directory, '.niyanta', 'secrets', 'mutex'), async () => {
    const secrets = await readSecretFile(file);
    await ignoreInGit(directory);
    await writeSecretFile(file, new Map([...secrets, ...texts]));
  });
  return {file};
}

function text(name: string, value: SecretValue): string {
  if (typeof value === 'string' && !value.includes('\0')) return value;
  throw new UserError({
    code: 'secret-value',
    message: `the value for secret ${name} is not text, which .niyanta/secrets.yaml cannot hold`,
    hint: 'Encrypted secrets can: niyanta secret init begins them.',
  });
}

/** Takes a secret out of it; whether it was there. */
export async function dropSecretHere(directory: string, name: string): Promise<boolean> {
  const file = secretFilePath(directory);
  return withMutex(join(directory, '.niyanta', 'secrets', 'mutex'), async () => {
    const secrets = new Map(await readSecretFile(file));
    if (!secrets.delete(name)) return false;
    await writeSecretFile(file, secrets);
    return true;
  });
}

async function ignoreInGit(directory: string): Promise<void> {
  const file = join(directory, '.gitignore');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  if (text.split('\n').some(line => ['.niyanta/', '.niyanta', '/.niyanta/', '/.niyanta'].includes(line.trim()))) return;
  await appendFile(file, `${text === '' || text.endsWith('\n') ? '' : '\n'}.niyanta/\n`);
}
