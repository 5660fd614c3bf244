import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {
  all,
  any,
  argv,
  type Command,
  quietly,
  quote,
  render,
  script,
  shown,
  withInput,
} from '../../../src/engine/hosts/command.ts';

const run = promisify(execFile);
/** What a real POSIX shell makes of a line. */
const sh = async (line: string): Promise<string> => (await run('/bin/sh', ['-c', line], {maxBuffer: 1e8})).stdout;

/** Whatever can be in a word: no NUL, and no half of a surrogate pair, which UTF-8 cannot say. */
const word = fc
  .oneof(
    fc.string({unit: 'binary', maxLength: 40}),
    fc.string({
      unit: fc.constantFrom(
        "'",
        '"',
        '\\',
        '$',
        '`',
        '\n',
        ' ',
        '!',
        '*',
        '-',
        '~',
        '\t',
        '#',
        ';',
        '&',
        '|',
        'é',
        '🦭',
      ),
      maxLength: 20,
    }),
  )
  .map(text => text.replaceAll('\0', '').toWellFormed());

test('every word reaches a real shell as it is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(word, {minLength: 1, maxLength: 12}), async words => {
      const out = await sh(render(argv('printf', '%s\\0', ...words)));
      expect(out).toBe(words.map(each => `${each}\0`).join(''));
    }),
    {numRuns: 150},
  );
});

test('arguments of a script and input reach it as they are, nested in all and any', async () => {
  await fc.assert(
    fc.asyncProperty(word, word, async (one, two) => {
      const command = all(
        any(argv('false'), script('printf "%s|%s|" "$1" "$2"', one, two)),
        withInput(`${one}\n${two}`, 'cat'),
      );
      expect(await sh(render(command))).toBe(`${one}|${two}|${one}\n${two}`);
    }),
    {numRuns: 80},
  );
});

test('a command within a command is quoted once more, and comes out whole', async () => {
  await fc.assert(
    fc.asyncProperty(word, async text => {
      const inner = render(argv('printf', '%s', text));
      expect(await sh(render(argv('sh', '-c', inner)))).toBe(text);
    }),
    {numRuns: 80},
  );
});

test.each([
  ['a plain word', 'a-b_c/1.2:3@x=%+,', 'a-b_c/1.2:3@x=%+,'],
  ['nothing', '', "''"],
  ['a space', 'a b', "'a b'"],
  ['a quote', "it's", `'it'\\''s'`],
  ['a dollar', '$HOME', "'$HOME'"],
  ['a tilde', '~root', "'~root'"],
])('%s is quoted only where needed', (_, text, quoted) => expect(quote(text)).toBe(quoted));

test('a NUL byte is refused', () => expect(() => quote('a\0b')).toThrow(RangeError));

test.each<[string, Command, string]>([
  ['argv', argv('ctr', 'c', 'rm', 'a b'), "ctr c rm 'a b'"],
  ['quiet', quietly('ctr', 'version'), 'ctr version >/dev/null 2>&1'],
  ['all', all(argv('a'), argv('b')), 'a && b'],
  ['any in all', all(any(argv('a'), argv('b')), argv('c')), '{ a || b; } && c'],
  ['script', script('echo "$1"', 'x y'), `sh -c 'echo "$1"' niyanta 'x y'`],
])('%s is rendered', (_, command, line) => expect(render(command)).toBe(line));

test('errors show a command without its input, and of a long one the beginning', () => {
  expect(shown(all(withInput('hunter2', 'tee', '/etc/secret'), argv('true')))).toBe('tee /etc/secret && true');
  expect(shown(argv('echo', 'x'.repeat(5000))).length).toBeLessThan(500);
});
