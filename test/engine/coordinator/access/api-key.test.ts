import {expect, test} from 'vitest';
import {hashOfKey, makeKey, prefixOfKey, sameHash} from '../../../../src/engine/coordinator/access/api-key.ts';

test('a key is nyk_, what finds it, and 256 random bits; only its hash is kept', () => {
  const {text, prefix, hash} = makeKey();
  const [, secret] = /^nyk_[a-z0-9]{12}_([A-Za-z0-9_-]{43})$/.exec(text)!;
  expect(Buffer.from(secret!, 'base64url')).toHaveLength(32);
  expect(prefixOfKey(text)).toBe(prefix);
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(hash).not.toContain(secret);
});

test('no two keys are the same', () => {
  const texts = Array.from({length: 1000}, () => makeKey().text);
  expect(new Set(texts).size).toBe(1000);
});

test.each([
  '',
  'nyk_',
  'nyk_abc_def',
  `NYK_${'a'.repeat(12)}_${'b'.repeat(43)}`,
  `nyk_${'a'.repeat(12)}_${'b'.repeat(44)}`,
])('%j is no key', text => expect(prefixOfKey(text)).toBeUndefined());

test('hashes are the same or not', () => {
  expect(sameHash(hashOfKey('a'), hashOfKey('a'))).toBe(true);
  expect(sameHash(hashOfKey('a'), hashOfKey('b'))).toBe(false);
  expect(sameHash('', '')).toBe(false);
  expect(sameHash(hashOfKey('a'), 'ab')).toBe(false);
});
