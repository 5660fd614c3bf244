import {chmod, mkdtemp, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {generateX25519Identity, identityToRecipient} from 'age-encryption';
import fc from 'fast-check';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {parse, stringify} from 'yaml';
import {beginSecrets} from '../../src/engine/begin-secrets.ts';
import {importSecrets} from '../../src/engine/import-secrets.ts';
import {keepSecret} from '../../src/engine/keep-secret.ts';
import {openProjectOnly} from '../../src/engine/open-project.ts';
import {removeSecret} from '../../src/engine/remove-secret.ts';
import {rotateSecret} from '../../src/engine/rotate-secret.ts';
import {changeRecipients, listRecipients} from '../../src/engine/secret-recipients.ts';
import {secretUsers} from '../../src/engine/secret-users.ts';
import {openSession} from '../../src/engine/session.ts';
import type {NiyantaError} from '../../src/engine/spec/errors.ts';

const now = new Date('2026-01-01T00:00:00Z');
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'niyanta-sealed-'));
  await project();
});
afterEach(() => rm(folder, {recursive: true}));

const project = (more = '') =>
  writeFile(join(folder, 'niyanta.yaml'), `apiVersion: niyanta/v1\nkind: Project\nname: shop\n${more}`);
const stack = (text: string) =>
  writeFile(join(folder, 'stack.yaml'), `apiVersion: niyanta/v1\nkind: Stack\nname: shop\n${text}`);

const at = (env: Record<string, string> = {}) => ({cwd: folder, env: {HOME: folder, ...env}});
async function session(environment = 'default', env: Record<string, string> = {}) {
  return openSession({...(await openProjectOnly(at(env))), environment}, at(env).env);
}
const file = () => join(folder, 'niyanta.secrets.yaml');
const key = () => join(folder, '.config/niyanta/age.key');
const value = async (name: string, environment?: string, env?: Record<string, string>) =>
  (await (await session(environment, env)).secrets.values([name])).get(name);
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it succeeded'),
    (error: NiyantaError) => error,
  );
const begin = async () => beginSecrets(await session(), [], now);
const set = async (name: string, text: string | Uint8Array, environment?: string) =>
  keepSecret(await session(), {name, ...(environment ? {environment} : {})}, text);

describe.each(['project', 'state'])('secrets kept in the %s', store => {
  beforeEach(async () => {
    await project(`secrets: {store: ${store}}\n`);
    await begin();
  });

  test('any value is read back, text or bytes, and what is kept says nothing of it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string({minLength: 1, unit: 'binary'}), fc.uint8Array({minLength: 1})),
        async one => {
          const bytes = Buffer.from(typeof one === 'string' ? one.toWellFormed() : one);
          await set('db_password', typeof one === 'string' ? one.toWellFormed() : one);
          const read = (await value('db_password'))!;
          expect(Buffer.from(read as string).equals(bytes)).toBe(true);
        },
      ),
      {numRuns: 8},
    );
  });

  test('an environment has its own value, or that of all', async () => {
    await set('token', 'for-all');
    await set('token', 'for-staging', 'staging');
    expect(await value('token', 'staging')).toBe('for-staging');
    expect(await value('token', 'production')).toBe('for-all');
    expect(await (await session()).secrets.origins()).toEqual([
      {name: 'token', origin: store, environments: ['staging']},
    ]);
    await removeSecret(await session(), at(), {name: 'token', environment: 'staging'}, {force: false});
    expect(await value('token', 'staging')).toBe('for-all');
  });

  test('the environment and .niyanta/secrets.yaml win over it, and are named where one is set', async () => {
    await set('token', 'encrypted');
    await keepSecret(await session(), {name: 'token'}, 'in the file', {here: true});
    expect(await value('token')).toBe('in the file');
    expect((await set('token', 'again')).shadowedBy).toBe('.niyanta/secrets.yaml');
    expect(await value('token', 'default', {NIYANTA_SECRET_TOKEN: 'variable'})).toBe('variable');
  });

  test('several who set secrets at once lose none', async () => {
    await Promise.all(['a', 'b', 'c', 'd'].map(name => set(name, `value of ${name}`)));
    expect([...(await (await session()).secrets.values(['a', 'b', 'c', 'd'])).values()]).toHaveLength(4);
  });

  test('a recipient who is added can read all, one who is removed nothing that is written later', async () => {
    await set('token', 'shared', 'staging');
    const other = await generateX25519Identity();
    const env = {NIYANTA_AGE_IDENTITY: other};
    expect((await failure(value('token', 'staging', env))).code).toBe('secret-not-for-you');
    const recipient = await identityToRecipient(other);
    await changeRecipients(await session(), {add: recipient});
    expect(await value('token', 'staging', env)).toBe('shared');
    expect((await listRecipients(await session('default', env))).own).toEqual([recipient]);
    await changeRecipients(await session(), {remove: recipient});
    expect((await failure(value('token', 'staging', env))).code).toBe('secret-not-for-you');
    expect(await value('token', 'staging')).toBe('shared');
  });
});

describe('in the project', () => {
  beforeEach(async () => {
    await begin();
  });

  test('the key that was made is private, and written as age-keygen writes one', async () => {
    expect((await stat(key())).mode & 0o777).toBe(0o600);
    const {recipients} = await listRecipients(await session());
    expect(await readFile(key(), 'utf8')).toMatch(
      new RegExp(`^# created: 2026-.*\\n# public key: ${recipients[0]}\\nAGE-SECRET-KEY-1[0-9A-Z]+\\n$`),
    );
  });

  test('the file says who can read it and which secrets there are, sorted, one entry a secret', async () => {
    await set('b', 'value-of-b');
    await set('a', 'value-of-a');
    const before = await readFile(file(), 'utf8');
    expect(before).not.toMatch(/value-of/);
    expect(before.indexOf('  a: |')).toBeLessThan(before.indexOf('  b: |'));
    await set('b', 'another');
    const after = await readFile(file(), 'utf8');
    const entry = (text: string) => text.slice(text.indexOf('  a: |'), text.indexOf('  b: |'));
    expect(entry(after)).toBe(entry(before));
  });

  test.each([
    ['swapped with another', (values: Record<string, string>) => ({a: values.b, b: values.a}), 'secret-swapped'],
    ['copied from another', (values: Record<string, string>) => ({a: values.b, b: values.b}), 'secret-swapped'],
    [
      'edited in its text',
      (values: Record<string, string>) => ({
        ...values,
        a: values.a!.replace(/(\n.*)(.)(=?\n-----END)/, (_, x, c, y) => `${x}${c === 'A' ? 'B' : 'A'}${y}`),
      }),
      'secret-damaged',
    ],
    [
      'cut short',
      (values: Record<string, string>) => ({
        ...values,
        a: `${values.a!.slice(0, 120)}\n-----END AGE ENCRYPTED FILE-----\n`,
      }),
      'secret-damaged',
    ],
  ])('an entry that was %s is found, and named with its line', async (_, tamper, code) => {
    await set('a', 'hunter2-value');
    await set('b', 'hunter3-value');
    const document = parse(await readFile(file(), 'utf8'));
    await writeFile(file(), stringify({...document, values: tamper(document.values)}));
    const error = await failure(value('a'));
    expect(error).toMatchObject({code, location: {file: file(), line: expect.any(Number)}});
    const {line} = (error as unknown as {location: {line: number}}).location;
    expect((await readFile(file(), 'utf8')).split('\n')[line - 1]).toMatch(/^ {2}a:/);
    expect(`${error.message}${error.hint}${error.cause}`).not.toMatch(/hunter/);
  });

  test('one moved to another environment is found, too', async () => {
    await set('a', 'of staging', 'staging');
    const document = parse(await readFile(file(), 'utf8'));
    await writeFile(file(), stringify({...document, environments: {production: document.environments.staging}}));
    expect(await failure(value('a', 'production'))).toMatchObject({
      code: 'secret-swapped',
      message: expect.stringContaining('the value of a of staging'),
    });
  });

  test.each([
    ['a merge conflict', (text: string) => text.replace('values:', '<<<<<<< ours\nvalues:\n=======\n>>>>>>> theirs')],
    ['a value in clear', (text: string) => text.replace('values: {}', 'values: {a: hunter2-value}')],
    ['an unknown key', (text: string) => `${text}more: 1\n`],
    ['no recipients', (text: string) => text.replace(/recipients:\n {2}- .*/, 'recipients: []')],
    ['a later version', (text: string) => text.replace('version: 1', 'version: 2')],
  ])('a file with %s is refused with the place, and without a value', async (_, change) => {
    await writeFile(file(), change(await readFile(file(), 'utf8')));
    const error = await failure(value('a'));
    expect(error).toMatchObject({code: 'secrets-invalid', location: {file: file(), line: expect.any(Number)}});
    expect(`${error.message}${error.hint}`).not.toContain('hunter2');
  });

  test('nobody locks himself out, adds a key twice, or one that is none', async () => {
    const {recipients} = await listRecipients(await session());
    expect((await failure(changeRecipients(await session(), {remove: recipients[0]!}))).code).toBe('recipient-self');
    expect((await failure(changeRecipients(await session(), {add: recipients[0]!}))).code).toBe('recipient-known');
    expect((await failure(changeRecipients(await session(), {add: 'age1nonsense'}))).code).toBe('recipient-invalid');
    const secretKey = await generateX25519Identity();
    const error = await failure(changeRecipients(await session(), {add: secretKey}));
    expect(error.code).toBe('recipient-invalid');
    expect(`${error.message}${error.hint}`).not.toContain(secretKey);
    expect((await failure(begin())).code).toBe('secrets-begun');
  });

  test('a key that others can read, that is missing or none is refused, and never quoted', async () => {
    await set('a', 'value');
    await chmod(key(), 0o644);
    expect(await failure(value('a'))).toMatchObject({code: 'age-key-readable-by-others', hint: `chmod 600 ${key()}`});
    expect((await failure(value('a', 'default', {NIYANTA_AGE_KEY_FILE: '/nowhere'}))).code).toBe('age-key-missing');
    const error = await failure(value('a', 'default', {NIYANTA_AGE_IDENTITY: 'AGE-SECRET-KEY-1QQQQ'}));
    expect(error.code).toBe('age-key-invalid');
    expect(`${error.message}${error.hint}`).not.toContain('QQQQ');
  });

  test('rotate gives another value, random, told or printed by a command, and only to what there is', async () => {
    await set('a', 'before');
    await rotateSecret(await session(), {name: 'a'}, {kind: 'random', length: 40});
    expect(await value('a')).toMatch(/^[A-Za-z0-9]{40}$/);
    await rotateSecret(await session(), {name: 'a'}, {kind: 'command', command: ['printf', 'from a command\n']});
    expect(await value('a')).toBe('from a command');
    const failing = rotateSecret(
      await session(),
      {name: 'a'},
      {kind: 'command', command: ['sh', '-c', 'echo x; exit 3']},
    );
    expect((await failure(failing)).code).toBe('secret-command-failed');
    expect(await value('a')).toBe('from a command');
    const missing = rotateSecret(await session(), {name: 'nope'}, {kind: 'random', length: 8});
    expect((await failure(missing)).code).toBe('secret-unknown');
    const elsewhere = rotateSecret(
      await session('default', {NIYANTA_SECRET_A: 'x'}),
      {name: 'a'},
      {kind: 'random', length: 8},
    );
    expect((await failure(elsewhere)).code).toBe('secret-elsewhere');
  });

  test('an import takes all of a file or nothing, and replaces only when told', async () => {
    await writeFile(join(folder, 'prod.env'), '# all\nexport A=one\nB="two words"\n');
    const options = {file: join(folder, 'prod.env'), stdin: async () => '', overwrite: false};
    expect((await importSecrets(await session(), options)).names).toEqual(['A', 'B']);
    expect(await value('B')).toBe('two words');
    const again = await failure(
      importSecrets(await session(), {...options, file: '-', stdin: async () => 'B=three\nC=4'}),
    );
    expect(again).toMatchObject({code: 'secret-exists', message: expect.stringContaining('B has a value')});
    expect((await failure(value('C'))).code).toBe('secret-missing');
    await importSecrets(await session(), {...options, file: '-', stdin: async () => 'B=three', overwrite: true});
    expect(await value('B')).toBe('three');
    const odd = await failure(
      importSecrets(await session(), {...options, file: '-', stdin: async () => 'GOOD=1\nA.b=hunter2'}),
    );
    expect(odd.code).toBe('secret-name');
    expect(odd.message).not.toContain('hunter2');
  });

  test('who uses a secret is told by environment, and it is not removed under their feet', async () => {
    await set('a', 'value');
    await set('idle', 'value');
    await stack(`services:
  web: {image: x, env: {T: "\${secret:a}"}}
  db: {image: x, secrets: [a]}
  none: {image: x}
hooks: {before: [{name: migrate, service: web, command: [x], env: {T: "\${secret:a}"}}]}
environments:
  staging: {services: {none: {env: {T: "\${secret:a}"}}}}
`);
    const users = await secretUsers(await session(), at(), 'a');
    expect(users.services.map(({environment, service}) => `${environment}/${service}`)).toEqual([
      'default/web',
      'default/db',
      'staging/web',
      'staging/db',
      'staging/none',
    ]);
    expect(users.settings).toEqual(['hooks.migrate.env.T']);
    const refused = await failure(removeSecret(await session(), at(), {name: 'a'}, {force: false}));
    expect(refused).toMatchObject({
      code: 'secret-in-use',
      message: expect.stringMatching(/web \(default\).*none \(staging\)/),
    });
    await removeSecret(await session(), at(), {name: 'idle'}, {force: false});
    await stack('services: {web: {image: "${nope}"}}\n');
    expect((await failure(removeSecret(await session(), at(), {name: 'a'}, {force: false}))).message).toContain(
      'nobody knows',
    );
    await removeSecret(await session(), at(), {name: 'a'}, {force: true});
    expect((await failure(value('a'))).code).toBe('secret-missing');
  });
});

test.each(['', 'a b', '1a', '../a', 'a\n', 'a-b', 'vault/a'])(
  '%j is no name of a secret that is kept here',
  async name => {
    expect((await failure(set(name, 'x'))).code).toBe('secret-name');
  },
);

test('without an encrypted store a secret is kept in .niyanta/secrets.yaml, as before', async () => {
  expect(await set('a', 'value')).toMatchObject({store: 'file'});
  expect(await value('a')).toBe('value');
  expect((await failure(set('a', 'value', 'staging'))).code).toBe('secrets-not-begun');
  expect((await failure(set('a', ''))).code).toBe('secret-value');
});
