import {expect, test} from 'vitest';
import {isSecretName} from '../../../src/engine/spec/names.ts';
import {compileSecretFile, secretFile} from '../../../src/engine/spec/secret-file-schema.ts';
import {backupSecretUses, namesOf, secretUses} from '../../../src/engine/spec/secret-uses.ts';
import type {Stack} from '../../../src/engine/spec/stack.ts';

const compiled = (written: unknown, user?: string) => compileSecretFile(secretFile.parse(written), user);

test.each([
  ['a name', 'db', undefined, {name: 'db', target: '/run/secrets/db', mode: '0444', uid: 0, gid: 0}],
  ['the user of the service', 'db', '1000', {target: '/run/secrets/db', mode: '0400', uid: 1000, gid: 1000}],
  ['its user and group', 'db', '1000:50', {mode: '0400', uid: 1000, gid: 50}],
  ['a user that only the image knows', 'db', 'app', {mode: '0444', uid: 0, gid: 0}],
  ['an owner of its own', {name: 'db', user: '70'}, '1000', {mode: '0400', uid: 70, gid: 70}],
  ['a mode', {name: 'db', mode: '0440'}, undefined, {mode: '0440', uid: 0}],
  // YAML 1.2 reads 0400 as the number 400.
  ['a mode as a number', {name: 'db', mode: 400}, undefined, {mode: '0400'}],
  ['a path', {name: 'db', target: '/etc/tls//key'}, undefined, {target: '/etc/tls/key'}],
  ['a name of a source', 'vault/db/password', undefined, {target: '/run/secrets/vault/db/password'}],
])('a file by %s', (_, written, user, expected) => {
  expect(compiled(written, user)).toMatchObject(expected);
});

test.each([
  ['a mode that is none', {name: 'db', mode: '0900'}],
  ['setuid', {name: 'db', mode: '4755'}],
  ['a user by name', {name: 'db', user: 'root'}],
  ['a relative path', {name: 'db', target: 'db'}],
  ['a path with ..', {name: 'db', target: '/a/../b'}],
  ['no name', {target: '/a'}],
  ['another key', {name: 'db', owner: 0}],
  ['a placeholder', '${secret:db}'],
])('%s is refused', (_, written) => {
  expect(secretFile.safeParse(written).success).toBe(false);
});

test.each([
  ['db_password', true],
  ['vault/db', true],
  ['vault/db-1/pass.word', true],
  ['db-password', false],
  ['vault/', false],
  ['/db', false],
  ['vault//db', false],
  ['vault/../db', false],
  ['vault/.hidden', false],
  ['vault/-rf', false],
  ['vault/a b', false],
  ['1a', false],
])('%j can be referred to as a secret: %s', (name, can) => {
  expect(isSecretName(name)).toBe(can);
});

test('everything that refers to a secret is found, with how', () => {
  const stack = {
    services: [
      {name: 'web', env: {URL: 'x:${secret:b}@${secret:vault/a}/${secret:b}', PLAIN: 'y'}, secrets: [{name: 'key'}]},
      {name: 'old', env: {}},
    ],
    hooks: [{name: 'migrate', env: {TOKEN: '${secret:token}'}}],
    routes: [
      {host: 'shop.example', tls: {kind: 'own', key: '${secret:tls}'}},
      {host: 'plain.example', tls: {kind: 'off'}},
    ],
    volumes: [{name: 'db', backup: {encrypt: {kind: 'passphrase', passphrase: '${secret:pass}'}}}, {name: 'tmp'}],
  } as unknown as Stack;
  expect(secretUses(stack)).toEqual([
    {secret: 'b', as: 'variable', service: 'web', path: 'services.web.env.URL'},
    {secret: 'vault/a', as: 'variable', service: 'web', path: 'services.web.env.URL'},
    {secret: 'key', as: 'file', service: 'web', path: 'services.web.secrets'},
    {secret: 'token', as: 'variable', path: 'hooks.migrate.env.TOKEN'},
    {secret: 'tls', as: 'setting', path: 'routes.shop.example'},
  ]);
  expect(backupSecretUses(stack)).toEqual([{secret: 'pass', as: 'setting', path: 'volumes.db.backup'}]);
  expect(namesOf(secretUses(stack))).toEqual(['b', 'key', 'tls', 'token', 'vault/a']);
});
