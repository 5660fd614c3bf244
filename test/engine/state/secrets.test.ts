import {chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import fc from 'fast-check';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {keepSecretsHere} from '../../../src/engine/keep-secret-here.ts';
import type {NiyantaError} from '../../../src/engine/spec/errors.ts';
import {fingerprint, fingerprints} from '../../../src/engine/state/fingerprint.ts';
import {readSecretFile, secretFilePath} from '../../../src/engine/state/secret-file.ts';
import {mask, resolveSecrets, secretNames} from '../../../src/engine/state/secret-references.ts';
import {openSecrets} from '../../../src/engine/state/secrets.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'niyanta-secrets-'));
  file = secretFilePath(folder);
});
afterEach(() => rm(folder, {recursive: true}));

async function write(text: string, mode = 0o600): Promise<void> {
  await mkdir(join(folder, '.niyanta'), {recursive: true});
  await writeFile(file, text);
  await chmod(file, mode);
}

test('the environment wins over the file', async () => {
  await write('db_password: "file"\nother: "o"\n');
  const secrets = openSecrets(folder, {NIYANTA_SECRET_DB_PASSWORD: 'variable'});
  expect(await secrets.values(['db_password', 'other'])).toEqual(
    new Map([
      ['db_password', 'variable'],
      ['other', 'o'],
    ]),
  );
  expect(await secrets.origins()).toEqual([
    {name: 'db_password', origin: 'environment'},
    {name: 'other', origin: 'file'},
  ]);
});

test('all that are missing are told at once, with both ways to set them', async () => {
  const error = await openSecrets(folder, {})
    .values(['one', 'two'])
    .catch((caught: NiyantaError) => caught);
  expect(error).toMatchObject({code: 'secret-missing', exit: 64, message: expect.stringContaining('one, two')});
  expect((error as NiyantaError).hint).toMatch(/niyanta secret set one.*NIYANTA_SECRET_ONE/);
});

test.each([0o644, 0o640, 0o604, 0o666])('a file of mode %o is refused, with the command that mends it', async mode => {
  await write('a: "b"\n', mode);
  await expect(openSecrets(folder, {}).values(['a'])).rejects.toMatchObject({
    code: 'secrets-readable-by-others',
    hint: `chmod 600 ${file}`,
  });
});

test.each([
  ['a broken quote', 'good: "x"\ndb_password: "hunter2-value\n'],
  ['a key twice', 'a: "hunter2-value"\na: "hunter2-value"\n'],
  ['a number', 'a: 4242424242\nb: "hunter2-value"\n'],
  ['a list', '- hunter2-value\n'],
  ['a text', 'hunter2-value\n'],
  ['a nested mapping', 'a: {b: hunter2-value}\n'],
  ['an unknown alias', 'a: *hunter2-value\n'],
  ['a tab', 'a:\n\t- "hunter2-value"\n'],
])('%s in the file is an error with a place and without a value', async (_, text) => {
  await write(text);
  const error = (await readSecretFile(file).catch((caught: NiyantaError) => caught)) as NiyantaError;
  expect(error).toMatchObject({code: 'secrets-invalid', location: {file, line: expect.any(Number)}});
  const told = `${error.message} ${error.hint} ${error.stack} ${JSON.stringify(error)} ${error.cause}`;
  expect(told).not.toMatch(/hunter2|4242/);
});

test('any value that is set is read back, and the file stays private', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({minLength: 1, unit: 'binary'}).filter(text => !text.includes('\0')),
      async value => {
        await keepSecretsHere(folder, new Map([['db_password', value]]));
        expect((await readSecretFile(file)).get('db_password')).toBe(value);
      },
    ),
    {numRuns: 60},
  );
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(join(folder, '.gitignore'), 'utf8')).toBe('.niyanta/\n');
});

test('setting one keeps the others, also when both are set at once', async () => {
  await Promise.all([
    keepSecretsHere(folder, new Map([['a', '1']])),
    keepSecretsHere(folder, new Map([['b', '2']])),
    keepSecretsHere(folder, new Map([['c', '3']])),
  ]);
  expect([...(await readSecretFile(file)).keys()]).toEqual(['a', 'b', 'c']);
});

test('references are found once each, and replaced where they stand', () => {
  const text = 'postgres://${secret:user}:${secret:pass}@db/${secret:user}';
  expect(secretNames([text, 'plain', '${secret:zz}'])).toEqual(['pass', 'user', 'zz']);
  const values = new Map([
    ['user', '$&'],
    ['pass', '${secret:user}'],
  ]);
  expect(resolveSecrets(text, values)).toBe('postgres://$&:${secret:user}@db/$&');
});

test('a masked text holds no secret, plain, in base64 or percent-encoded', () => {
  const secret = 'p@ss/w rd!';
  const text = `a ${secret} b ${encodeURIComponent(secret)} c ${Buffer.from(secret).toString('base64')}`;
  expect(mask(text, [secret, 'p@ss'])).toBe('a *** b *** c ***');
  expect(mask('1 of 2', ['1'])).toBe('1 of 2');
});

test('no secret outlives masking, whatever it is and wherever it stands', () => {
  // What masking itself writes is left out.
  const secret = fc.oneof(
    fc.string({minLength: 4, unit: 'binary'}),
    fc.string({minLength: 4}),
    fc.array(fc.stringMatching(/^[A-Za-z0-9+/]{12,40}$/), {minLength: 2, maxLength: 4}).map(lines => lines.join('\n')),
  );
  fc.assert(
    fc.property(
      fc.array(
        secret.filter(text => !text.includes('*')),
        {minLength: 1, maxLength: 3},
      ),
      fc.string({unit: 'binary'}),
      fc.string(),
      (secrets, before, after) => {
        for (const one of secrets) {
          const bytes = Buffer.from(one);
          const forms = [one, JSON.stringify(one).slice(1, -1), bytes.toString('base64'), bytes.toString('hex')];
          const lines = one.split('\n').filter(line => secrets.length > 1 && line.length >= 12);
          for (const form of [...forms, ...lines]) {
            expect(mask(`${before}${form}${after}`, secrets).includes(form) && !before.includes(form)).toBe(false);
          }
        }
      },
    ),
  );
  const key = '-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG\n-----END KEY-----\n';
  expect(mask('read MIIEvQIBADANBgkqhkiG from it', [key])).toBe('read *** from it');
  expect(mask(`x ${Buffer.from([1, 255, 2, 3]).toString('base64')}`, [new Uint8Array([1, 255, 2, 3])])).toBe('x ***');
});

test('a secret that is not text has no place in one', () => {
  const values = new Map([['key', new Uint8Array([255])]]);
  expect(() => resolveSecrets('a ${secret:key}', values)).toThrow(expect.objectContaining({code: 'secret-not-text'}));
});

test('a fingerprint tells another value, name, project or salt, is short and stays the same', async () => {
  const base = await fingerprint('salt', 'shop', 'a', 'value');
  expect(base).toMatch(/^[0-9a-f]{6}$/);
  expect(await fingerprints('salt', 'shop')('a', 'value')).toBe(base);
  const others = await Promise.all([
    fingerprint('salt', 'shop', 'a', 'other'),
    fingerprint('salt', 'shop', 'b', 'value'),
    fingerprint('salt', 'blog', 'a', 'value'),
    fingerprint('tlas', 'shop', 'a', 'value'),
  ]);
  expect(others).not.toContain(base);
});
