import {describe, expect, test} from 'vitest';
import {importCompose} from '../../../../src/engine/spec/compose/import-compose.ts';
import {shellLine, shellWords} from '../../../../src/engine/spec/compose/shell-words.ts';
import {Variables} from '../../../../src/engine/spec/compose/variables.ts';
import {type UserError, UserErrors} from '../../../../src/engine/spec/errors.ts';

/** Imports `compose.yaml` of these files. */
const read = (texts: Readonly<Record<string, string>>, dotenv: Readonly<Record<string, string>> = {}) =>
  importCompose({
    paths: ['/c/compose.yaml'],
    directory: '/c',
    fallbackName: 'app',
    profiles: [],
    secrets: false,
    dotenv,
    files: {
      async read(path) {
        const text = texts[path.slice('/c/'.length)];
        if (text === undefined) throw Object.assign(new Error('no'), {code: 'ENOENT'});
        return new TextEncoder().encode(text);
      },
      list: async () => [],
    },
    nameOf: path => path.slice('/c/'.length),
    kindOf: () => undefined,
  });

/** `file:line:column path: message`. */
async function refusal(texts: Readonly<Record<string, string>>): Promise<string> {
  const error = await read(texts).then(
    () => undefined,
    (thrown: unknown) => (thrown instanceof UserErrors ? thrown.errors[0] : thrown) as UserError,
  );
  if (!error) return 'taken';
  const {file, line, column, path} = error.location ?? {};
  return `${file}:${line}:${column} ${path ?? ''}: ${error.message}`;
}

describe('cycles are told with their way and their line', () => {
  test.each<[string, Record<string, string>, string]>([
    [
      'depends_on, as a list',
      {
        'compose.yaml':
          'services:\n  a: {image: x, depends_on: [b]}\n  b: {image: x, depends_on: [c]}\n  c:\n    image: x\n    depends_on:\n      - a\n',
      },
      'compose.yaml:7:9 services.c.depends_on: is a cycle: a depends on b depends on c depends on a',
    ],
    [
      'depends_on, as a map, of itself',
      {'compose.yaml': 'services:\n  a:\n    image: x\n    depends_on:\n      a: {condition: service_healthy}\n'},
      'compose.yaml:5:7 services.a.depends_on: is a cycle: a depends on a',
    ],
    [
      'extends in one file',
      {'compose.yaml': 'services:\n  a: {extends: b}\n  b: {extends: {service: a}}\n'},
      'compose.yaml:3:16 services.b.extends: is a cycle: a extends b extends a',
    ],
    [
      'extends over files',
      {
        'compose.yaml': 'services:\n  a: {extends: {file: b.yaml, service: b}}\n',
        'b.yaml': 'services:\n  b: {extends: {file: compose.yaml, service: a}}\n',
      },
      'b.yaml:2:16 services.b.extends: is a cycle: a extends b extends a',
    ],
    [
      'include',
      {
        'compose.yaml': 'include: [b.yaml]\nservices: {a: {image: x}}\n',
        'b.yaml': 'include:\n  - path: compose.yaml\n',
      },
      'b.yaml:2:11 include.0: is a cycle: compose.yaml includes b.yaml includes compose.yaml',
    ],
  ])('%s', async (_, texts, expected) => {
    expect(await refusal(texts)).toBe(expected);
  });
});

describe('what is no Compose file, or means harm, is refused', () => {
  const bomb = [
    'a: &a [x, x, x, x, x, x, x, x, x, x]',
    ...[...'bcdefg'].map((name, i) => `${name}: &${name} [${Array(10).fill(`*${'abcdefg'[i]}`).join(', ')}]`),
  ].join('\n');
  test.each<[string, Record<string, string>, RegExp]>([
    ['nothing', {'compose.yaml': ''}, /is empty/],
    ['a list', {'compose.yaml': '- a\n'}, /must be a map/],
    ['no services', {'compose.yaml': 'version: "3"\n'}, /has no services/],
    ['two documents', {'compose.yaml': 'services: {a: {image: x}}\n---\nservices: {}\n'}, /second document/],
    ['anchors that multiply', {'compose.yaml': `${bomb}\nservices: {a: {image: x}}\n`}, /grows to more than/],
    ['an anchor in itself', {'compose.yaml': 'services: &a {b: *a}\n'}, /contains itself/],
    ['deep nesting', {'compose.yaml': `services: ${'['.repeat(200)}${']'.repeat(200)}\n`}, /nested too deeply/],
    ['2 MB', {'compose.yaml': `# ${'x'.repeat(2 << 20)}\n`}, /at most 1 MiB/],
    [
      'a missing include',
      {'compose.yaml': 'include: [no.yaml]\n'},
      /compose.yaml:1:11 include.0: no.yaml: there is no such file/,
    ],
    [
      'a base that is not there',
      {'compose.yaml': 'services: {a: {extends: nobody}}\n'},
      /there is no service "nobody"/,
    ],
    [
      'files without end',
      Object.fromEntries([
        ['compose.yaml', 'include: [f0.yaml]\nservices: {a: {image: x}}\n'],
        ...Array.from({length: 200}, (_, i) => [`f${i}.yaml`, `include: [f${i + 1}.yaml]\n`] as const),
      ]),
      /more than 100 files/,
    ],
  ])('%s', async (_, texts, expected) => {
    expect(await refusal(texts)).toMatch(expected);
  });

  test('defaults nested a thousand deep, and a hundred thousand variables, take no long time', async () => {
    const deep = `${'${A:-'.repeat(1000)}x${'}'.repeat(1000)}`;
    const many = Array.from({length: 20_000}, (_, i) => `\${V${i}}`).join('');
    const {notes} = await read({
      'compose.yaml': `services:\n  a:\n    image: x\n    environment: {DEEP: "${deep}", MANY: "${many}"}\n`,
    });
    expect(notes.filter(({path}) => path.startsWith('services.a.environment')).map(({kind}) => kind)).toContain('lost');
  });
});

test.each<[string, Record<string, string>, string | undefined]>([
  ['plain', {}, 'plain'],
  ['a$$b', {}, 'a$b'],
  ['$${X}', {}, '$${X}'],
  ['100$$$$', {}, '100$$$'],
  ['${A}', {}, '${env:A:-}'],
  ['$A-$B', {}, '${env:A:-}-${env:B:-}'],
  ['${A:-b}', {}, '${env:A:-b}'],
  ['${A-b}', {}, '${env:A:-b}'],
  ['${A:?no}', {}, '${env:A}'],
  ['${A}', {A: 'told'}, '${env:A:-told}'],
  ['${A:-${B:-c}}', {}, '${env:A:-c}'],
  ['${A:-${B}}', {B: 'd'}, '${env:A:-d}'],
  ['${A:+yes}', {}, ''],
  ['${A:+yes}', {A: '1'}, 'yes'],
  ['${A', {}, undefined],
  ['${}', {}, undefined],
  ['$1', {}, undefined],
])('%s, with %o in .env, is %s', (text, dotenv, expected) => {
  const variables = new Variables(dotenv);
  const read = variables.read(text);
  expect(read === undefined ? undefined : variables.written(read, true)).toBe(expected);
});

test.each<[string, string[] | undefined]>([
  ['a b  c', ['a', 'b', 'c']],
  [`sh -c "a 'b' \\"c\\""`, ['sh', '-c', `a 'b' "c"`]],
  [`a'b'"c"\\ d`, ['abc d']],
  ["''", ['']],
  ['a \\\nb', ['a', 'b']],
  ["'open", undefined],
  ['', []],
])('the words of %s', (line, words) => {
  expect(shellWords(line)).toEqual(words);
  if (words) expect(shellWords(shellLine(words))).toEqual(words);
});
