import {mkdir, readdir, readFile, stat, utimes, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect, test} from 'vitest';
import {type BuildSource, buildKey} from '../../../../src/engine/runtime/images/index.ts';
import {withFolder} from './image-files.ts';

interface Context {
  readonly source: BuildSource;
  readonly main: string;
  readonly cache: string;
}

/** A context whose files are old enough to be remembered, and a folder for the cache. */
const withOldContext = (use: (context: Context) => Promise<void>): Promise<void> =>
  withFolder(async folder => {
    const [context, cache] = [join(folder, 'context'), join(folder, 'images')];
    await mkdir(context);
    await mkdir(cache);
    await writeFile(join(context, 'Dockerfile'), 'FROM scratch\n');
    await writeFile(join(context, 'main.py'), 'print(1)');
    await sleep(2600);
    await use({
      source: {kind: 'build', context, file: join(context, 'Dockerfile'), args: {}},
      main: join(context, 'main.py'),
      cache,
    });
  });

const rememberedIn = async (cache: string): Promise<string> => {
  const [name] = await readdir(join(cache, '.hashes'));
  return join(cache, '.hashes', name!);
};

test('a file that did not change is not read again', async () => {
  await withOldContext(async ({source, cache}) => {
    const key = await buildKey(source);
    expect(await buildKey(source, cache)).toBe(key);
    expect(await buildKey(source, cache)).toBe(key);
    // Another hash in the memory is another key: so it is the memory that is asked.
    const file = await rememberedIn(cache);
    const text = await readFile(file, 'utf8');
    expect(text.match(/[0-9a-f]{64}/g)).toHaveLength(2);
    await writeFile(file, text.replaceAll(/[0-9a-f]{64}/g, 'f'.repeat(64)));
    expect(await buildKey(source, cache)).not.toBe(key);
  });
});

test('a change of as many bytes is seen, even with its time set back', async () => {
  await withOldContext(async ({source, main, cache}) => {
    const key = await buildKey(source, cache);
    const {atime, mtime} = await stat(main);
    await writeFile(main, 'print(2)');
    await utimes(main, atime, mtime);
    const changed = await buildKey(source, cache);
    expect(changed).not.toBe(key);
    expect(changed).toBe(await buildKey(source));
  });
});

test('a file that was written just now is not remembered: it may change again within the same moment', async () => {
  await withOldContext(async ({source, main, cache}) => {
    await writeFile(main, 'print(3)');
    await buildKey(source, cache);
    const {files} = JSON.parse(await readFile(await rememberedIn(cache), 'utf8'));
    expect(Object.keys(files)).toEqual([source.file]);
  });
});

test.each([
  ['cut short', '{"version":1,"fil'],
  ['of another version', '{"version":99,"files":{}}'],
])('a memory that is %s changes nothing but the time', async (_, text) => {
  await withOldContext(async ({source, cache}) => {
    const key = await buildKey(source, cache);
    await writeFile(await rememberedIn(cache), text);
    expect(await buildKey(source, cache)).toBe(key);
  });
});

test('where nothing was built yet, looking writes nothing', async () => {
  await withFolder(async folder => {
    await writeFile(join(folder, 'Dockerfile'), 'FROM scratch\n');
    const source: BuildSource = {kind: 'build', context: folder, file: join(folder, 'Dockerfile'), args: {}};
    await buildKey(source, join(folder, 'images'));
    expect(await readdir(folder)).toEqual(['Dockerfile']);
  });
});
