import {armor, Decrypter, Encrypter} from 'age-encryption';
import {type Location, UserError} from '../spec/errors.ts';
import {entryText, type SecretEntry} from './sealed-secrets.ts';
import {type SecretValue, secretBytes, secretValue} from './secret-value.ts';

/** Refuses what is no public key of age. Errors: UserError `recipient-invalid`. */
export function checkRecipient(recipient: string): void {
  try {
    new Encrypter().addRecipient(recipient);
  } catch {
    const shown = recipient.startsWith('AGE-SECRET-KEY') ? 'a secret key' : JSON.stringify(recipient);
    throw new UserError({
      code: 'recipient-invalid',
      message: `${shown} is no public key of age`,
      hint: 'It begins with age1; age-keygen -y FILE prints that of a key, niyanta secret recipients ls your own.',
    });
  }
}

/**
 * What is encrypted begins with a line that says whose value it is, so that a value put under another name is found:
 * age itself vouches for what a file holds, not for where it stands.
 */
const firstLine = (entry: SecretEntry): string => `niyanta secret ${entryText(entry)}\n`;

/** A secret's value as an armored age file that each of the recipients can read. */
export async function seal(entry: SecretEntry, value: SecretValue, recipients: readonly string[]): Promise<string> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  const plain = Buffer.concat([Buffer.from(firstLine(entry)), secretBytes(value)]);
  return armor.encode(await encrypter.encrypt(plain));
}

/**
 * The value in an age file. `location`: where it stands. Errors: UserError `secret-not-for-you` when none of the
 * identities is a recipient, `secret-damaged` when it was changed, `secret-swapped` when it is another secret's.
 */
export async function unseal(
  entry: SecretEntry,
  file: string,
  identities: readonly string[],
  location?: Location,
): Promise<SecretValue> {
  const plain = await decrypt(entry, file, identities, location);
  const end = plain.indexOf(0x0a) + 1;
  const says = Buffer.from(plain.subarray(0, end)).toString();
  if (says === firstLine(entry)) return secretValue(plain.subarray(end));
  const other = /^niyanta secret (.*)\n$/.exec(says)?.[1];
  throw new UserError({
    code: 'secret-swapped',
    message: `the entry of secret ${entryText(entry)} holds ${other ? `the value of ${other}` : 'no value that niyanta wrote'}`,
    location,
    hint: 'Somebody moved or replaced it: take the entry from the history of the file, or set it anew with `niyanta secret set`.',
  });
}

async function decrypt(
  entry: SecretEntry,
  file: string,
  identities: readonly string[],
  location?: Location,
): Promise<Uint8Array> {
  try {
    const decrypter = new Decrypter();
    for (const identity of identities) decrypter.addIdentity(identity);
    return await decrypter.decrypt(armor.decode(file));
  } catch (cause) {
    // Its messages name no value; they are left out all the same, since they could come to.
    if (/no identity matched/.test((cause as Error).message)) throw notForYou(entry, location);
    throw new UserError({
      code: 'secret-damaged',
      message: `secret ${entryText(entry)} cannot be decrypted: its entry is damaged, or was changed by hand`,
      location,
      hint: 'Take the entry from the history of the file, or set it anew with `niyanta secret set`.',
    });
  }
}

const notForYou = (entry: SecretEntry, location?: Location): UserError =>
  new UserError({
    code: 'secret-not-for-you',
    message: `secret ${entryText(entry)} cannot be read with your age key: it is encrypted for others, or its entry was changed`,
    location,
    hint: 'Somebody who can read it adds your public key: niyanta secret recipients add age1…; yours: niyanta secret recipients ls',
  });
