import {join} from 'node:path';
import type {Command} from '@oclif/core';
import {beforeAll, expect, test} from 'vitest';
import {commandIds, filesBelow, root, textOf} from './sources.ts';

const ids = commandIds();
const topics = new Set(ids.filter(id => id.includes(' ')).map(id => id.split(' ')[0]!));
// Of oclif and its plugins.
const subtopics = ids.filter(id => id.split(' ').length > 2).map(id => id.split(' ').slice(0, 2).join(' '));
const known = new Set([...ids, ...topics, ...subtopics, 'help', 'autocomplete', 'version']);
let commands: readonly {readonly id: string; readonly command: typeof Command}[];

beforeAll(async () => {
  commands = await Promise.all(
    ids.map(async id => ({
      id,
      command: (await import(join(root, 'src/commands', `${id.replaceAll(' ', '/')}.ts`))).default as typeof Command,
    })),
  );
});

test('every command says what it does, shows how, and speaks JSON', () => {
  const lacking = commands
    .filter(({command}) => !command.hidden)
    .filter(({command}) => !command.summary || !command.examples?.length || !('json' in (command.baseFlags ?? {})));
  expect(lacking.map(({id}) => id)).toEqual([]);
});

test('every flag and argument is described', () => {
  const bare = commands.flatMap(({id, command}) => [
    ...Object.entries(command.flags ?? {})
      .filter(([, flag]) => !flag.summary && !flag.description)
      .map(([name]) => `${id} --${name}`),
    ...Object.entries(command.args ?? {})
      .filter(([, arg]) => !arg.description)
      .map(([name]) => `${id} ${name}`),
  ]);
  expect(bare).toEqual([]);
});

test('examples use only flags that their command has', () => {
  const unknown = commands.flatMap(({id, command}) => {
    const flags = {...command.baseFlags, ...command.flags};
    const examples = (command.examples ?? []).map(example => (typeof example === 'string' ? example : example.command));
    return examples.flatMap(example =>
      // What follows -- belongs to another program, and what stands before a pipe too.
      [
        ...example
          .split('|')
          .at(-1)!
          .split(' -- ')[0]!
          .matchAll(/ --([a-z][a-z-]*)/g),
      ]
        .map(([, name]) => name!)
        .filter(name => !(name in flags) && !name.startsWith('no-'))
        .map(name => `${id} --${name}`),
    );
  });
  expect(unknown).toEqual([]);
});

/** `niyanta …` where a text shows something to type: in backticks, and at the start of a line of a code block. */
function* typedIn(text: string): Generator<string> {
  for (const [, words] of text.matchAll(/(?:`|^\$? *|' *)niyanta ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)/gm)) yield words!;
}

const exists = (words: string): boolean => {
  const [first, second] = words.split(' ');
  if (known.has(words)) return true;
  if (topics.has(first!) && !ids.includes(first!)) return second === undefined;
  return known.has(first!);
};

const wrongIn = (file: string, text: string): readonly string[] =>
  [...typedIn(text)].filter(words => !exists(words)).map(words => `${file}: niyanta ${words}`);

test('the README and the docs show only commands that exist', () => {
  const files = ['README.md', ...filesBelow('docs', '.md'), ...filesBelow('examples', '.md')];
  expect(files.flatMap(file => wrongIn(file, textOf(file)))).toEqual([]);
});

test('the README and the docs use only flags that their command has', () => {
  const files = ['README.md', 'docs/ARCHITECTURE.md'];
  const unknown = files.flatMap(file =>
    [...textOf(file).matchAll(/(?:`|^)niyanta ([^`\n#|]+)/gm)].flatMap(([, words]) => {
      const {id, command} = commands.filter(({id}) => `${words} `.startsWith(`${id} `)).at(-1) ?? {};
      const flags = {...command?.baseFlags, ...command?.flags};
      return [...words!.split(' -- ')[0]!.matchAll(/ --([a-z][a-z-]*)/g)]
        .filter(([, name]) => !(name! in flags))
        .map(([, name]) => `${file}: niyanta ${id} --${name}`);
    }),
  );
  expect(unknown).toEqual([]);
});

test('hints show only commands that exist', () => {
  const hints = (file: string) => textOf(file).match(/^.*\b(?:hint|See|next)\b.*$/gm) ?? [];
  expect(filesBelow('src', '.ts').flatMap(file => wrongIn(file, hints(file).join('\n')))).toEqual([]);
});
