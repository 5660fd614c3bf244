import {chmod, mkdir, rename, rm, symlink, utimes, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {expect, test} from 'vitest';
import {type BuildSource, buildKey} from '../../../../src/engine/runtime/images/index.ts';
import {withFolder} from './image-files.ts';

const files = {Dockerfile: 'FROM scratch\n', 'app/main.py': 'print()', 'app/data.txt': 'x', 'notes.md': 'n'};

interface Context {
  readonly folder: string;
  readonly source: BuildSource;
  write(path: string, content: string): Promise<void>;
}

const withContext = <T>(use: (context: Context) => Promise<T>): Promise<T> =>
  withFolder(async folder => {
    const write = async (path: string, content: string) => {
      await mkdir(dirname(join(folder, path)), {recursive: true});
      await writeFile(join(folder, path), content, {mode: 0o644});
    };
    for (const [path, content] of Object.entries(files)) await write(path, content);
    return use({folder, write, source: {kind: 'build', context: folder, file: join(folder, 'Dockerfile'), args: {}}});
  });

test('the same files give the same key, whenever and wherever they were written', async () => {
  const first = await withContext(({source}) => buildKey(source));
  const second = await withContext(async ({folder, source}) => {
    // Written in another order, at another time.
    await rm(join(folder, 'app/data.txt'));
    await writeFile(join(folder, 'app/data.txt'), 'x', {mode: 0o644});
    await utimes(join(folder, 'app/main.py'), 1, 1);
    return buildKey(source);
  });
  expect(second).toBe(first);
  expect(first).toMatch(/^[0-9a-f]{64}$/);
});

test.each<[string, (context: Context) => Promise<unknown>]>([
  ["a file's content", ({write}) => write('app/main.py', 'print(1)')],
  ['a new file', ({write}) => write('app/new.txt', '')],
  [
    'a new empty folder',
    async ({folder}) => {
      await mkdir(join(folder, 'empty'));
    },
  ],
  ['a file less', ({folder}) => rm(join(folder, 'app/data.txt'))],
  ["a file's name", ({folder}) => rename(join(folder, 'app/data.txt'), join(folder, 'app/data2.txt'))],
  ["a file's mode", ({folder}) => chmod(join(folder, 'app/main.py'), 0o755)],
  [
    'a link in place of a file',
    async ({folder}) => {
      await rm(join(folder, 'app/data.txt'));
      await symlink('main.py', join(folder, 'app/data.txt'));
    },
  ],
  [
    'content that moves from one file to the next',
    async ({write}) => {
      await write('app/data.txt', '');
      await write('app/main.py', 'xprint()');
    },
  ],
  ['the Dockerfile', ({write}) => write('Dockerfile', 'FROM scratch\nUSER 1\n')],
  ['an argument', async ({source}) => ({...source, args: {VERSION: '2'}})],
  ['the target', async ({source}) => ({...source, target: 'final'})],
  ['.dockerignore that leaves a file out', ({write}) => write('.dockerignore', 'notes.md\n')],
])('%s changes the key', async (_, change) => {
  await withContext(async context => {
    const before = await buildKey(context.source);
    const source = ((await change(context)) as BuildSource | undefined) ?? context.source;
    expect(await buildKey(source)).not.toBe(before);
  });
});

test('what .dockerignore leaves out does not change the key', async () => {
  await withContext(async ({source, write}) => {
    await write('.dockerignore', '*.md\nlogs\n');
    const before = await buildKey(source);
    await write('notes.md', 'other');
    await write('logs/deep/a.log', 'line');
    expect(await buildKey(source)).toBe(before);
    await write('app/readme.md', 'not at the top');
    expect(await buildKey(source)).not.toBe(before);
  });
});

test('arguments count by their names and values, not by their order', async () => {
  await withContext(async ({source}) => {
    const one = await buildKey({...source, args: {A: '1', B: '2'}});
    expect(await buildKey({...source, args: {B: '2', A: '1'}})).toBe(one);
    expect(await buildKey({...source, args: {A: '2', B: '1'}})).not.toBe(one);
  });
});

test('a context or a Dockerfile that is not there', async () => {
  await withContext(async ({source, folder}) => {
    await expect(buildKey({...source, file: join(folder, 'Nope')})).rejects.toMatchObject({code: 'build-file-missing'});
    await expect(buildKey({...source, context: join(folder, 'nope')})).rejects.toMatchObject({
      code: 'build-context-missing',
    });
  });
});
