import {appendFile, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {UserError} from './spec/errors.ts';
import {SECRET_NAME} from './spec/names.ts';
import {withMutex} from './state/mutex.ts';
import {readSecretFile, secretFilePath, writeSecretFile} from './state/secret-file.ts';

/**
 * Keeps a secret in `.niyanta/secrets.yaml` of the project's folder (mode 0600), and sees to it that git ignores that
 * folder. Errors: UserError `secret-name`, `secret-value`, and those of the secrets file.
 */
export async function setSecret(directory: string, name: string, value: string): Promise<{readonly file: string}> {
  if (!SECRET_NAME.test(name))
    throw new UserError({
      code: 'secret-name',
      message: `${JSON.stringify(name)} cannot be the name of a secret`,
      hint: 'Use letters, digits and _, no digit first: db_password.',
    });
  if (value === '' || value.includes('\0'))
    throw new UserError({
      code: 'secret-value',
      message: `the value for secret ${name} is ${value === '' ? 'empty' : 'not text'}`,
      hint: `Type it when asked, or pass it on standard input: niyanta secret set ${name} < FILE`,
    });
  const file = secretFilePath(directory);
  await withMutex(join(directory, '.niyanta', 'secrets', 'mutex'), async () => {
    const secrets = await readSecretFile(file);
    await ignoreInGit(directory);
    await writeSecretFile(file, new Map([...secrets, [name, value]]));
  });
  return {file};
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
