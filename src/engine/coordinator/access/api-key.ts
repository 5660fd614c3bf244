import {hash, randomBytes, timingSafeEqual} from 'node:crypto';

/**
 * `nyk_<prefix>_<secret>`: 12 letters and digits that may be shown and find it, and 256 random bits. Only the SHA-256 of
 * the whole text is kept: what is random needs no slow hash.
 */
const FORM = /^nyk_([a-z0-9]{12})_([A-Za-z0-9_-]{43})$/;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

export interface MadeKey {
  /** The whole key, for its owner, once. */
  readonly text: string;
  readonly prefix: string;
  readonly hash: string;
}

/** `random` gives so many random bytes; the system's unless told. */
export function makeKey(random: (bytes: number) => Uint8Array = randomBytes): MadeKey {
  const prefix = Array.from(random(12), byte => LETTERS[byte % LETTERS.length]).join('');
  const text = `nyk_${prefix}_${Buffer.from(random(32)).toString('base64url')}`;
  return {text, prefix, hash: hashOfKey(text)};
}

/** What of a text that looks like a key finds it in the store; undefined when it is none. */
export const prefixOfKey = (text: string): string | undefined => FORM.exec(text)?.[1];

/** SHA-256, hex. */
export const hashOfKey = (text: string): string => hash('sha256', text);

/** Takes the same time wherever they differ. */
export function sameHash(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a, 'hex'), Buffer.from(b, 'hex')];
  return one.length === 32 && other.length === 32 && timingSafeEqual(one, other);
}
