import {expect, test} from 'vitest';
import {emptyLockFile, formatLockFile, parseLockFile} from '../../../src/engine/state/lock-file-schema.ts';
import {salvage} from '../../../src/engine/state/salvage.ts';

const age = (body: string) => `-----BEGIN AGE ENCRYPTED FILE-----\n${body}\n-----END AGE ENCRYPTED FILE-----\n`;
const secrets = {
  recipients: ['age1qqqq', 'age1zzzz'],
  values: {a: age('aaaa'), b: age('bbbb')},
  environments: {staging: {a: age('cccc')}},
};
const lock = {...emptyLockFile('shop', 'c2FsdA=='), serial: 7, secrets};

test('encrypted secrets stand in a lock file sorted, and are read as they were written', () => {
  const turned = {...secrets, recipients: ['age1zzzz', 'age1qqqq'], values: {b: age('bbbb'), a: age('aaaa')}};
  expect(formatLockFile({...lock, secrets: turned})).toBe(formatLockFile(lock));
  expect(parseLockFile(formatLockFile(lock), 'x')).toEqual(lock);
  expect(parseLockFile(formatLockFile(emptyLockFile('shop', 'c2FsdA==')), 'x')).not.toHaveProperty('secrets');
});

test('of a lock file that is broken, serial, salt and encrypted secrets are kept as far as they are whole', () => {
  const text = formatLockFile(lock);
  const known = {serial: 7, salt: 'c2FsdA=='};
  expect(salvage(text)).toEqual({...known, secrets});
  expect(salvage(text.replace('"environments": {', '"environments": {,,'))).toEqual({...known, secrets});
  expect(salvage(text.slice(0, -40))).toEqual(known);
  expect(salvage(text.replace('BEGIN AGE', 'BEGIN RAGE'))).toEqual(known);
  expect(salvage('')).toEqual({serial: 0, salt: undefined});
});
