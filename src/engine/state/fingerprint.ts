import {scrypt} from 'node:crypto';
import {promisify} from 'node:util';
import type {SecretValue} from './secret-value.ts';

/** Names a secret's value without telling it: same value, same fingerprint. */
export type Fingerprint = (name: string, value: SecretValue) => Promise<string>;

const derive = promisify<SecretValue, string, number, Buffer>(scrypt);

/** 24 bits. */
const BYTES = 3;

/**
 * Fingerprints for one run, each worked out once. They stand in the lock file and on hosts, and only have to differ
 * when a secret changed. So they are slow to compute (scrypt, Node's default cost) and short: of a long list of
 * guesses, many match 24 bits by chance, so that a match does not confirm a guess.
 */
export function fingerprints(salt: string, project: string): Fingerprint {
  const known = new Map<string, Promise<string>>();
  return (name, value) => {
    const key = JSON.stringify([name, typeof value === 'string' ? value : Buffer.from(value).toString('base64')]);
    const made = known.get(key) ?? fingerprint(salt, project, name, value);
    known.set(key, made);
    return made;
  };
}

/** 6 hex digits. */
export async function fingerprint(salt: string, project: string, name: string, value: SecretValue): Promise<string> {
  const bytes = await derive(value, JSON.stringify([salt, project, name]), BYTES);
  return bytes.toString('hex');
}
