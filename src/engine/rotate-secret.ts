import {execFile} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {promisify} from 'node:util';
import {type KeptSecret, keepSecret, unknownSecret} from './keep-secret.ts';
import type {Session} from './session.ts';
import {OutsideError, UserError} from './spec/errors.ts';
import type {SecretEntry} from './state/sealed-secrets.ts';
import {type SecretValue, secretValue} from './state/secret-value.ts';

/** Where the new value comes from. */
export type NewValue =
  | {readonly kind: 'random'; readonly length: number}
  | {readonly kind: 'given'; readonly value: SecretValue}
  | {readonly kind: 'command'; readonly command: readonly string[]};

/**
 * Gives a secret that exists another value, where it is kept. Errors: UserError `secret-unknown`,
 * `secret-elsewhere` when it comes from a variable or a command; OutsideError `secret-command-failed`.
 */
export async function rotateSecret(session: Session, entry: SecretEntry, from: NewValue): Promise<KeptSecret> {
  const known = (await session.secrets.origins()).find(({name}) => name === entry.name);
  if (!known) throw unknownSecret(entry);
  if (known.origin === 'environment' || known.origin === 'command')
    throw new UserError({
      code: 'secret-elsewhere',
      message: `the secret ${entry.name} comes from ${known.origin === 'command' ? 'a source in niyanta.yaml' : 'a variable of this shell'}`,
      hint: 'Give it another value there; the next apply restarts what uses it.',
    });
  return keepSecret(session, entry, await newValue(from), {
    here: known.origin === 'file' && entry.environment === undefined,
  });
}

async function newValue(from: NewValue): Promise<SecretValue> {
  switch (from.kind) {
    case 'random':
      return randomText(from.length);
    case 'given':
      return from.value;
    case 'command':
      return printedBy(from.command);
  }
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Letters and digits, each as likely as any other: nothing that a URL, a shell or a connection string would read. */
function randomText(length: number): string {
  let text = '';
  while (text.length < length) {
    // Bytes from 248 on would make the first letters likelier.
    for (const byte of randomBytes(length)) if (byte < 248 && text.length < length) text += letters[byte % 62];
  }
  return text;
}

async function printedBy([program = '', ...args]: readonly string[]): Promise<SecretValue> {
  try {
    const options = {encoding: 'buffer', maxBuffer: 1024 * 1024, timeout: 60_000} as const;
    const {stdout} = await promisify(execFile)(program, args, options);
    const value = secretValue(stdout);
    return typeof value === 'string' ? value.replace(/\r?\n$/, '') : value;
  } catch (cause) {
    const {code} = cause as {code?: unknown};
    throw new OutsideError({
      code: 'secret-command-failed',
      message: `${program} gave no new value: ${typeof code === 'number' ? `exit code ${code}` : String(code ?? 'it was ended')}`,
      hint: 'The secret is as it was.',
    });
  }
}
