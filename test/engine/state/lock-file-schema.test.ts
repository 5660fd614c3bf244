import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {NiyantaError, UserErrors} from '../../../src/engine/spec/errors.ts';
import type {LockFile} from '../../../src/engine/state/lock-file.ts';
import {emptyLockFile, formatLockFile, parseLockFile} from '../../../src/engine/state/lock-file-schema.ts';

const digest = `sha256:${'ab'.repeat(32)}`;
const lock: LockFile = {
  version: 1,
  project: 'shop',
  serial: 7,
  salt: 'c2FsdA==',
  environments: {
    default: {
      stack: 'shop',
      fence: 3,
      images: {'docker.io/library/postgres:15': {digest, resolvedAt: '2026-01-02T03:04:05.000Z'}},
      subnets: {h1: '10.89.0.0/24'},
      placements: {web: [{replica: 1, host: 'h1', address: '10.89.0.2', container: 'shop-web-1', ports: [80]}]},
      stopped: [],
      history: [
        {
          serial: 7,
          at: '2026-01-02T03:04:05Z',
          who: 'me@here',
          action: 'apply',
          outcome: 'applied',
          summary: '1 created',
        },
      ],
    },
  },
};

/** The error of parsing; the test fails when there is none. */
function errorOf(text: string, project = 'shop'): NiyantaError & {location?: {line: number; column: number}} {
  try {
    parseLockFile(text, 'niyanta.lock.json', project);
  } catch (error) {
    return error as NiyantaError;
  }
  throw new Error('the text was taken');
}

test('what is written is read back the same', () => {
  expect(parseLockFile(formatLockFile(lock), 'f', 'shop')).toEqual(lock);
});

test('the text does not depend on the order in which things were put in', () => {
  const environment = lock.environments.default!;
  const subnets = {h2: '10.89.1.0/24', h1: '10.89.0.0/24'};
  const one = {...lock, environments: {staging: environment, default: {...environment, subnets}}};
  const reversed = {...environment, subnets: {h1: subnets.h1, h2: subnets.h2}};
  const other = {...lock, environments: {default: reversed, staging: environment}};
  expect(formatLockFile(one)).toBe(formatLockFile(other));
});

test('cut off anywhere, it is refused as invalid with a place inside it, and says how to recover', () => {
  const text = formatLockFile(lock);
  fc.assert(
    fc.property(fc.integer({min: 0, max: text.trimEnd().length - 1}), length => {
      const error = errorOf(text.slice(0, length));
      expect(error.code).toBe('lock-file-invalid');
      expect(error.hint).toContain('niyanta state restore');
      expect(error.hint).toContain('niyanta state rebuild');
      const lines = text.slice(0, length).split('\n');
      expect(error.location?.line).toBeGreaterThanOrEqual(1);
      expect(error.location?.line).toBeLessThanOrEqual(lines.length);
    }),
  );
});

test.each([
  ['a stray word', '{\n  "version": 1,\n  "project": x\n}', 3, 14],
  ['a missing comma', '{\n  "version": 1\n  "project": "shop"\n}', 3, 3],
  ['a merge conflict', '{\n  "version": 1,\n<<<<<<< HEAD\n  "serial": 1\n', 3, 1],
  ['nothing at all', '', 1, 1],
])('%s is shown at its place', (_, text, line, column) => {
  expect(errorOf(text)).toMatchObject({code: 'lock-file-invalid', location: {line, column}});
});

test('a newer one is refused, with both versions', () => {
  const error = errorOf(JSON.stringify({...lock, version: 9}));
  expect(error.code).toBe('lock-file-newer');
  expect(error.message).toMatch(/version 9.*version 1/);
});

test('another project is refused by both names', () => {
  expect(errorOf(formatLockFile(lock), 'blog')).toMatchObject({
    code: 'lock-file-foreign',
    message: expect.stringMatching(/"shop".*"blog"/),
    location: {line: 3},
  });
});

describe('edited by hand', () => {
  test.each([
    ['a serial below its history', '"serial": 7,\n  "salt"', '"serial": 3,\n  "salt"', 'serial'],
    ['a digest that is none', digest, 'sha256:abc', 'environments.default.images.docker.io/library/postgres:15.digest'],
    ['an address that is none', '10.89.0.2', '10.89.0.299', 'environments.default.placements.web.0.address'],
    ['an unknown key', '"fence": 3', '"fence": 3, "fance": 4', 'environments.default'],
    ['a word for a number', '"fence": 3', '"fence": "3"', 'environments.default.fence'],
  ])('%s is refused at its place', (_, from, to, path) => {
    const text = formatLockFile(lock);
    expect(text).toContain(from);
    const error = errorOf(text.replace(from, to));
    expect(error.code).toBe('lock-file-invalid');
    expect(error.location).toMatchObject({path});
  });

  test('everything wrong is told at once', () => {
    const text = formatLockFile(lock).replace('"fence": 3', '"fence": -3').replace('10.89.0.2', 'x');
    expect((errorOf(text) as unknown as UserErrors).errors).toHaveLength(2);
  });

  test('a replica that is placed twice is refused', () => {
    const state = lock.environments.default!;
    const web = [...state.placements.web!, ...state.placements.web!];
    const twice = {...lock, environments: {default: {...state, placements: {web}}}};
    expect(errorOf(formatLockFile(twice)).message).toContain('same replica twice');
  });
});

test('an empty one is valid', () => {
  const empty = emptyLockFile('shop', 'c2FsdA==');
  expect(parseLockFile(formatLockFile(empty), 'f', 'shop')).toEqual(empty);
});
