import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {type CompletableCommand, candidates} from '../../src/cli/completion/candidates.ts';
import {knownNames} from '../../src/cli/completion/known-names.ts';
import {joinEquals, valuesOfFlag} from '../../src/cli/completion/words.ts';
import {root, run} from './run-niyanta.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'niyanta-completion-'));
  writeFileSync(
    join(folder, 'niyanta.yaml'),
    'kind: Project\nname: shop\nhosts:\n  h1: {address: a}\n  h2: {address: b}\n',
  );
  writeFileSync(
    join(folder, 'stack.yaml'),
    'name: shop\nservices:\n  db: {}\n  backend: {}\nvolumes: {db-data: {}}\nenvironments: {staging: {}}\n',
  );
  writeFileSync(join(folder, 'niyanta.lock.json'), '{"environments": {"default": {}, "preview": {}}}');
});
afterAll(() => rmSync(folder, {recursive: true}));

const global = {json: {type: 'boolean'}, directory: {type: 'option', char: 'C'}} as const;
const commands: CompletableCommand[] = [
  {id: 'logs', flags: {...global, env: {type: 'option', char: 'e'}, follow: {type: 'boolean'}}, args: {service: {}}},
  {id: 'host:inspect', flags: global, args: {host: {}}},
  {id: 'scale', flags: global, args: {service: {}}},
  {id: 'host:ls', flags: global, args: {}},
  {
    id: 'apply',
    flags: {target: {type: 'option', multiple: true}, 'on-failure': {type: 'option', options: ['stop', 'rollback']}},
    args: {},
  },
  {id: 'complete', hidden: true, flags: {}, args: {}},
];
const complete = (...words: string[]) => candidates(words, commands, kind => knownNames(kind, folder, []));

describe('completion', () => {
  test.each([
    [['a'], ['apply']],
    [[''], ['apply', 'host', 'logs', 'scale']],
    [
      ['host', ''],
      ['inspect', 'ls'],
    ],
    [
      ['logs', ''],
      ['backend', 'db'],
    ],
    [
      ['scale', ''],
      ['backend=', 'db='],
    ],
    [['scale', 'db=2', 'b'], ['backend=']],
    [['logs', '--follow', 'b'], ['backend']],
    [
      ['logs', '--env', ''],
      ['default', 'preview', 'staging'],
    ],
    [['logs', '-e', 'st'], ['staging']],
    [['logs', '--env=st'], ['--env=staging']],
    [['logs', '-e', 'staging', 'd'], ['db']],
    [
      ['host', 'inspect', ''],
      ['h1', 'h2'],
    ],
    [
      ['apply', '--on-failure', ''],
      ['rollback', 'stop'],
    ],
    [['apply', '--target', 'db', '--t'], ['--target']],
    [['logs', '--follow', '--f'], []],
    [['host', 'ls', ''], []],
  ])('of %j', async (words, expected) => {
    expect(await complete(...words)).toEqual(expected);
  });

  test('a broken file gives no names and no error', async () => {
    const broken = mkdtempSync(join(tmpdir(), 'niyanta-completion-'));
    writeFileSync(join(broken, 'niyanta.yaml'), 'hosts: [');
    writeFileSync(join(broken, 'stack.yaml'), '\u0000: {{{');
    writeFileSync(join(broken, 'niyanta.lock.json'), '{');
    expect(await knownNames('host', broken, [])).toEqual([]);
    expect(await knownNames('service', broken, [])).toEqual([]);
    expect(await knownNames('environment', broken, [])).toEqual(['default']);
    rmSync(broken, {recursive: true});
  });

  test('bash breaks a flag at its equals sign; it is put together again', () => {
    expect(joinEquals(['logs', '--env', '=', 'st'])).toEqual(['logs', '--env', 'st']);
    expect(joinEquals(['logs', '--env', '='])).toEqual(['logs', '--env', '']);
    expect(valuesOfFlag(['plan', '-f', 'a.yaml', '--file', 'b.yaml', ''], '-f', '--file')).toEqual([
      'a.yaml',
      'b.yaml',
    ]);
  });

  test('works in a real bash', {timeout: 60_000}, async () => {
    const script = `
      niyanta() { '${process.execPath}' '${root}bin/dev.js' "$@"; }
      eval "$(niyanta completion bash)"
      press() { COMP_WORDS=(niyanta "$@"); COMP_CWORD=$#; _niyanta; echo "\${COMPREPLY[*]}"; }
      press completion ''
      press comp
      press lab do
      press completion bash --no
    `;
    const {stdout, stderr} = await run('bash', ['-c', script]);
    expect(stderr).toBe('');
    expect(stdout.split('\n').slice(0, 4)).toEqual(['bash fish zsh', 'completion', 'down', '--no-color']);
  });
});
