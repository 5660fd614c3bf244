import {mkdir, readFile, stat} from 'node:fs/promises';
import {dirname} from 'node:path';
import {generateX25519Identity, identityToRecipient} from 'age-encryption';
import {UserError} from '../spec/errors.ts';
import {writeAtomically} from './atomic-file.ts';
import type {IdentityPlace} from './identity-place.ts';

/**
 * Its secret keys (AGE-SECRET-KEY-…), for `unseal`. Errors: UserError `age-key-missing`, `age-key-readable-by-others`,
 * `age-key-invalid`; none of them quotes it.
 */
export async function readIdentities(place: IdentityPlace): Promise<readonly string[]> {
  const [text, name] = place.kind === 'variable' ? [place.text, 'NIYANTA_AGE_IDENTITY'] : await fileText(place.path);
  const keys = text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'));
  if (keys.length > 0 && (await Promise.all(keys.map(isIdentity))).every(Boolean)) return keys;
  throw new UserError({
    code: 'age-key-invalid',
    message: `${name} holds no age key: lines of AGE-SECRET-KEY-1… are expected`,
    hint:
      text.startsWith('age-encryption.org') || text.includes('BEGIN AGE ENCRYPTED')
        ? 'It is encrypted with a passphrase: decrypt it first, age -d, into NIYANTA_AGE_IDENTITY.'
        : 'age-keygen -o FILE makes one, niyanta secret init too. Keys of SSH and of plugins are not supported.',
  });
}

/** The public keys that belong to secret ones. */
export const recipientsOf = (identities: readonly string[]): Promise<readonly string[]> =>
  Promise.all(identities.map(identityToRecipient));

/** A new key in a file of mode 0600, as age-keygen writes it; its public key. */
export async function createIdentity(path: string, now: Date): Promise<string> {
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  await mkdir(dirname(path), {recursive: true, mode: 0o700});
  const text = `# created: ${now.toISOString()}\n# public key: ${recipient}\n${identity}\n`;
  await writeAtomically(path, text, {mode: 0o600, force: true});
  return recipient;
}

const isIdentity = (key: string): Promise<boolean> =>
  identityToRecipient(key).then(
    () => true,
    () => false,
  );

async function fileText(path: string): Promise<readonly [string, string]> {
  try {
    const {mode} = await stat(path);
    if ((mode & 0o077) !== 0) {
      throw new UserError({
        code: 'age-key-readable-by-others',
        message: `${path} can be read by others (mode ${(mode & 0o777).toString(8).padStart(4, '0')})`,
        hint: `chmod 600 ${path}`,
      });
    }
    return [await readFile(path, 'utf8'), path];
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new UserError({
      code: 'age-key-missing',
      message: missing ? `there is no age key: ${path} does not exist` : `${path} cannot be read`,
      hint: 'Put the key there (mode 0600), name its file in NIYANTA_AGE_KEY_FILE, or give it in NIYANTA_AGE_IDENTITY. niyanta secret init makes one.',
      cause,
    });
  }
}
