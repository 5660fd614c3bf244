import {expect, test} from 'vitest';
import {compareSpecs} from '../../../src/engine/planner/compare-specs.ts';
import {runtimeHash} from '../../../src/engine/runtime/hashes.ts';
import type {SecretFile} from '../../../src/engine/spec/stack.ts';
import {sampleSpec} from '../runtime/sample-spec.ts';

const file = (name: string, of: Partial<SecretFile> = {}): SecretFile => ({
  name,
  target: `/run/secrets/${name}`,
  mode: '0444',
  uid: 0,
  gid: 0,
  ...of,
});
const withFiles = (fingerprints: Record<string, string>, ...secretFiles: SecretFile[]) =>
  sampleSpec({secrets: fingerprints, ...(secretFiles.length > 0 && {secretFiles})});

test('a secret file whose value changed, that came, went or is delivered otherwise shows by its name', () => {
  const before = withFiles({key: 'aaaaaa'}, file('key'));
  const changes = (to: typeof before) => compareSpecs(before, to, runtimeHash);
  expect(changes(withFiles({key: 'aaaaaa'}, file('key')))).toEqual([]);
  expect(changes(withFiles({key: 'bbbbbb'}, file('key')))).toEqual([
    {path: 'secrets.key', from: 'secret key', to: 'secret key changed', forces: true},
  ]);
  expect(changes(withFiles({cert: 'cccccc'}, file('cert')))).toEqual([
    {path: 'secrets.cert', to: 'secret cert', forces: true},
    {path: 'secrets.key', from: 'secret key', forces: true},
  ]);
  const moved = changes(withFiles({key: 'aaaaaa'}, file('key', {mode: '0400', uid: 70})));
  expect(moved).toMatchObject([
    {path: 'secretFiles.key', from: [{mode: '0444'}], to: [{mode: '0400', uid: 70}], forces: true},
  ]);
  expect(changes(sampleSpec())).toEqual([{path: 'secrets.key', from: 'secret key', forces: true}]);
});

test('no fingerprint is part of what is told', () => {
  const text = JSON.stringify(
    compareSpecs(withFiles({key: 'aaaaaa'}, file('key')), withFiles({key: 'bbbbbb'}, file('key')), runtimeHash),
  );
  expect(text).not.toMatch(/aaaaaa|bbbbbb/);
});
