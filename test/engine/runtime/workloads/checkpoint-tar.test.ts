import {createHash} from 'node:crypto';
import {pipeline, Readable} from 'node:stream';
import {buffer} from 'node:stream/consumers';
import {extract, pack} from 'tar-stream';
import {expect, test} from 'vitest';
import {checkedCheckpoint, isPlainName, parseSums} from '../../../../src/engine/runtime/workloads/checkpoint-tar.ts';

type Files = readonly (readonly [string, string, {type?: 'file' | 'symlink'}?])[];

const sha = (text: string) => createHash('sha256').update(text).digest('hex');
const sums = (...files: readonly (readonly [string, string])[]) =>
  files.map(([name, text]) => `${sha(text)}  ${name}\n`).join('');

function tarOf(files: Files): Readable {
  const tar = pack();
  for (const [name, text, {type = 'file'} = {}] of files)
    tar.entry({name, type, ...(type === 'symlink' ? {linkname: '/etc/passwd'} : {})}, type === 'file' ? text : '');
  tar.finalize();
  return tar as unknown as Readable;
}

async function pass(source: Readable, which: 'summed' | 'all' = 'summed') {
  const {tar, progress} = checkedCheckpoint(source, which);
  const out: Record<string, string> = {};
  const entries = extract();
  pipeline(tar, entries, () => undefined);
  for await (const entry of entries) out[entry.header.name] = (await buffer(entry)).toString();
  return {out, progress: await progress};
}

test('what its checksums name passes, with its progress', async () => {
  const [a, b] = [
    ['state/a.bin', 'one'],
    ['b', 'x'.repeat(100_000)],
  ] as const;
  const text = sums(a, b);
  const {out, progress} = await pass(tarOf([['SHA256SUMS', text], a, b, ['progress', '40\n']]));
  expect(out).toEqual({SHA256SUMS: text, 'state/a.bin': 'one', b: b[1]});
  expect(progress).toBe(40);
});

test('of a job that ended for it, whatever it left passes without checksums', async () => {
  expect(await pass(tarOf([['state', 'one']]), 'all')).toEqual({out: {state: 'one'}, progress: undefined});
});

const good = ['a', 'one'] as const;
test.each<[string, Files, 'summed' | 'all', string]>([
  [
    'a file that was changed',
    [
      ['SHA256SUMS', sums(good)],
      ['a', 'two'],
    ],
    'summed',
    'a is not what its checksum says',
  ],
  ['a file that is missing', [['SHA256SUMS', sums(good, ['b', ''])], good], 'summed', 'b is missing'],
  ['a file that nobody named', [['SHA256SUMS', sums(good)], good, ['c', '']], 'summed', 'c is not in its SHA256SUMS'],
  [
    'a link',
    [
      ['SHA256SUMS', sums(good)],
      ['a', '', {type: 'symlink'}],
    ],
    'summed',
    'a is no plain file',
  ],
  ['no checksums', [good], 'summed', 'its SHA256SUMS cannot be read'],
  ['empty checksums', [['SHA256SUMS', '']], 'summed', 'its SHA256SUMS names no file'],
  ['a name that leads out', [['SHA256SUMS', sums(['../a', ''])]], 'summed', '"../a" is not a name inside its folder'],
  ['an absolute name', [['/etc/passwd', 'x']], 'all', '"/etc/passwd" is not a name inside its folder'],
  ['nothing', [], 'all', 'there is no file in it'],
])('%s is torn', async (_, files, which, why) => {
  await expect(pass(tarOf(files), which)).rejects.toMatchObject({
    code: 'checkpoint-torn',
    message: `the checkpoint is not whole: ${why}`,
  });
});

test('a stream that is cut short, or fails, passes on no end', async () => {
  const whole = await buffer(tarOf([['SHA256SUMS', sums(good)], good]));
  await expect(pass(Readable.from([whole.subarray(0, 700)]))).rejects.toThrow();
  async function* failing() {
    yield whole.subarray(0, 700);
    throw new Error('the host went away');
  }
  await expect(pass(Readable.from(failing()))).rejects.toThrow('the host went away');
});

test.each([
  '',
  '.',
  '..',
  'a/../b',
  '/a',
  'a//b',
  './a',
  'a/',
  'a\nb',
  'a\\b',
  '\u001b[0m',
  'SHA256SUMS',
  'x'.repeat(1025),
])('%j is no name of a file in a checkpoint', name => expect(isPlainName(name)).toBe(false));

test.each(['a', 'a/b.c', '..a', 'a..', 'näme 1', '-rf'])('%j is one', name => expect(isPlainName(name)).toBe(true));

test('checksums are as sha256sum prints them', () => {
  const hash = sha('one');
  expect(parseSums(`${hash}  a\n${hash} *./b\n${hash.toUpperCase()}  c d\n\n`)).toEqual(
    new Map([
      ['a', hash],
      ['b', hash],
      ['c d', hash],
    ]),
  );
  expect(() => parseSums('abc  a')).toThrow('has a line that is none: abc  a');
});
