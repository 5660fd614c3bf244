import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import type {NiyantaError, OutsideError} from '../../../src/engine/spec/errors.ts';
import type {SecretSource} from '../../../src/engine/spec/project.ts';
import {sourceCommand, sourceOf} from '../../../src/engine/state/secret-sources.ts';
import {openSecrets} from '../../../src/engine/state/secrets.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'niyanta-sources-'));
});
afterEach(() => rm(folder, {recursive: true}));

const source = (command: string[], of: Partial<SecretSource> = {prefix: 'vault/'}): SecretSource => ({
  command,
  timeoutMs: 5000,
  ...of,
});
const shell = (text: string, of?: Partial<SecretSource>) => source(['sh', '-c', text, 'sh', '${name}'], of);
const env = {PATH: process.env.PATH, VAULT_TOKEN: 'v-token', NIYANTA_SECRET_OTHER: 'x', NIYANTA_AGE_IDENTITY: 'y'};
const ask = (sources: SecretSource[], ...names: string[]) => openSecrets(folder, env, {sources}).values(names);
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it succeeded'),
    (error: NiyantaError) => error as OutsideError,
  );

test('the source of the name counts, else that of the longest prefix', () => {
  const [short, long, named] = [
    source(['a'], {prefix: 'vault/'}),
    source(['b'], {prefix: 'vault/team/'}),
    source(['c'], {name: 'vault/team/x'}),
  ];
  const of = (name: string) => sourceOf(name, [short!, long!, named!])?.command[0];
  expect([of('vault/x'), of('vault/team/y'), of('vault/team/x'), of('other/x'), of('db')]).toEqual([
    'a',
    'b',
    'c',
    undefined,
    undefined,
  ]);
  expect(sourceCommand(source(['get', 'secret/${name}', '$&']), 'vault/a/b')).toEqual(['get', 'secret/a/b', '$&']);
});

test('a command gives the value, asked once, without a shell, and without secrets of others in its environment', async () => {
  const told = shell(
    'echo "$1" >>asked; printf "%s|%s|%s%s\\n" "$1" "$VAULT_TOKEN" "$NIYANTA_SECRET_OTHER" "$NIYANTA_AGE_IDENTITY"',
  );
  const secrets = openSecrets(folder, env, {sources: [told]});
  expect((await secrets.values(['vault/db'])).get('vault/db')).toBe('db|v-token|');
  await secrets.values(['vault/db']);
  expect(await readFile(join(folder, 'asked'), 'utf8')).toBe('db\n');
  expect((await ask([shell('printf "\\377\\376"')], 'vault/db')).get('vault/db')).toEqual(new Uint8Array([255, 254]));
});

test('nearer places win over a command, which is not asked then', async () => {
  const named = source(['false'], {name: 'other'});
  expect((await ask([named], 'other')).get('other')).toBe('x');
  expect(await openSecrets(folder, env, {sources: [named, source(['false'], {name: 'db'})]}).origins()).toEqual([
    {name: 'db', origin: 'command'},
    {name: 'other', origin: 'environment'},
  ]);
});

test.each([
  [
    'fails',
    shell('v=hunter; echo ${v}2-value; echo "permission denied" >&2; echo "leaks ${v}2-value" >&2; exit 2'),
    /exit code 2/,
  ],
  ['prints nothing', shell('echo "no such path" >&2'), /printed nothing/],
  ['takes too long', {...shell('sleep 5'), timeoutMs: 100}, /longer than 100 ms/],
  ['is not there', source(['/nowhere/vault']), /no such program/],
  ['prints too much', shell('head -c 2000000 /dev/zero'), /1 MiB/],
])('a command that %s is told, with what it said and never with what it printed', async (_, one, message) => {
  const error = await failure(ask([one], 'vault/db'));
  expect(error).toMatchObject({code: 'secret-source-failed', message: expect.stringMatching(message)});
  expect(error.message).toContain('vault/db');
  expect(JSON.stringify([error, error.message, error.lastLines, error.cause])).not.toContain('hunter2');
  if (message.source.includes('code 2')) expect(error.lastLines).toEqual(['permission denied']);
});

test('a name with a / that no source gives is missing, with what to write', async () => {
  expect(await failure(ask([], 'vault/db'))).toMatchObject({
    code: 'secret-missing',
    hint: expect.stringContaining('prefix: vault/'),
  });
});
