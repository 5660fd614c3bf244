import {createHash, randomBytes} from 'node:crypto';
import {mkdir, readFile, rename, rm, stat, statfs, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {OutsideError, UserError} from '../../spec/errors.ts';
import {Exit} from '../../spec/exit-codes.ts';
import {overlooksArguments, withArgumentLabels} from './build-arguments.ts';
import {type BuildSource, buildKey} from './build-key.ts';
import {type BuildTool, buildSteps, buildTools} from './build-tools.ts';
import type {LocalImage} from './local-image.ts';
import {openImage} from './open-image.ts';

export interface BuildOptions {
  /** Absent: the first one that this machine has. */
  readonly tool?: BuildTool;
  /** Lines that the tool says. */
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
}

const archiveIn = (cache: string, key: string): string => join(cache, key, 'image.tar');

/** The image that a build would give, when it was built before; never builds. `key` as `buildKey` gives it. */
export async function peekBuild(key: string, cache: string): Promise<LocalImage | undefined> {
  const path = archiveIn(cache, key);
  return (await exists(path)) ? openImage(path) : undefined;
}

/** Builds that run in this process, by where their result will be: two services of one context wait for one build. */
const running = new Map<string, Promise<LocalImage>>();

/**
 * Builds an image into the cache (`.niyanta/images` of the project), or takes the one that was built from the same
 * input before; `key` is the source's `buildKey`. The result appears whole or not at all. Errors: UserError
 * `build-tool-missing`, `build-context-changed`; OutsideError `build-failed` with the last lines of the build.
 */
export async function buildImage(
  source: BuildSource,
  key: string,
  cache: string,
  options: BuildOptions = {},
): Promise<LocalImage> {
  const known = await peekBuild(key, cache);
  if (known) return known;
  const target = join(cache, key);
  const present = running.get(target);
  if (present) return present;
  const build = buildNow(source, key, cache, options).finally(() => running.delete(target));
  running.set(target, build);
  return build;
}

async function buildNow(source: BuildSource, key: string, cache: string, options: BuildOptions): Promise<LocalImage> {
  const tool = options.tool ?? (await firstTool());
  const work = join(cache, `.building-${key.slice(0, 12)}-${randomBytes(4).toString('hex')}`);
  await mkdir(work, {recursive: true});
  try {
    await runTool(tool, source, join(work, 'image.tar'), cache, options);
    options.signal?.throwIfAborted();
    await openImage(join(work, 'image.tar'));
    // The context may have changed under the build; its result must not stand for what is there now.
    if ((await buildKey(source, cache)) !== key) throw contextChanged(source);
    await keep(work, join(cache, key));
    return await openImage(archiveIn(cache, key));
  } finally {
    await rm(work, {recursive: true, force: true});
  }
}

const contextChanged = (source: BuildSource): UserError =>
  new UserError({
    code: 'build-context-changed',
    message: `${source.context}: its files changed while the image was being built`,
    hint: 'Run the same command again.',
    exit: Exit.failed,
  });

/** The first build tool that this machine has. Errors: UserError `build-tool-missing`. */
export async function firstTool(path: string = process.env.PATH ?? ''): Promise<BuildTool> {
  for (const tool of buildTools) {
    for (const folder of path.split(':')) if (folder !== '' && (await exists(join(folder, tool)))) return tool;
  }
  throw new UserError({
    code: 'build-tool-missing',
    message: `"build:" needs one of ${buildTools.join(', ')}, and this machine has none`,
    hint: 'Install one, for example: apt-get install buildah. Or save the image elsewhere and use "archive:".',
  });
}

async function runTool(
  tool: BuildTool,
  source: BuildSource,
  output: string,
  cache: string,
  {onProgress, signal}: BuildOptions,
): Promise<void> {
  const what = createHash('sha256')
    .update(JSON.stringify([source.context, source.file, source.target]))
    .digest('hex');
  const id = what.slice(0, 16);
  const store = {folder: join(cache, '.layers', id), driver: await storageDriver(cache)};
  await mkdir(store.folder, {recursive: true});
  const steps = buildSteps(tool, await cacheable(tool, source, dirname(output)), {
    name: `niyanta.local/build-${id}:latest`,
    output,
    store,
  });
  for (const words of [steps.build, steps.save, steps.tidy ?? []])
    if (words.length > 0) await step(tool, words, source, onProgress, signal);
}

/** The source with a Dockerfile by which the tool's cache does right by build arguments. */
async function cacheable(tool: BuildTool, source: BuildSource, folder: string): Promise<BuildSource> {
  if (!overlooksArguments.has(tool) || Object.keys(source.args).length === 0) return source;
  const file = join(folder, 'Dockerfile');
  await writeFile(file, withArgumentLabels(await readFile(source.file, 'utf8'), source.args));
  return {...source, file};
}

/** statfs(2)'s f_type of overlayfs: an overlay cannot have its upper layer on one. */
const overlayFs = 0x794c7630;

/** Overlays need root and a real file system underneath; plain copies of each layer work everywhere. */
async function storageDriver(folder: string): Promise<'overlay' | 'vfs'> {
  if (process.getuid?.() !== 0) return 'vfs';
  return (await statfs(folder)).type === overlayFs ? 'vfs' : 'overlay';
}

async function step(
  tool: BuildTool,
  words: readonly string[],
  source: BuildSource,
  onProgress: BuildOptions['onProgress'],
  signal: AbortSignal | undefined,
): Promise<void> {
  const [program = '', ...args] = words;
  // Only now: most commands build nothing.
  const {execa} = await import('execa');
  const lines: string[] = [];
  const child = execa(program, args, {
    all: true,
    buffer: false,
    stdin: 'ignore',
    reject: false,
    cancelSignal: signal,
    forceKillAfterDelay: 5000,
  });
  for await (const line of child.iterable({from: 'all'})) {
    lines.push(line);
    if (lines.length > 20) lines.shift();
    onProgress?.(line);
  }
  const result = await child;
  signal?.throwIfAborted();
  if (!result.failed) return;
  throw new OutsideError({
    code: 'build-failed',
    message: `${source.context}: ${tool} could not build the image: ${lines.at(-1) ?? `exit code ${result.exitCode}`}`,
    hint: `Correct ${source.file} and try again.`,
    command: words.join(' '),
    exitCode: result.exitCode,
    lastLines: lines,
  });
}

/** Another process may have built the same at the same time: its result is as good. */
async function keep(work: string, target: string): Promise<void> {
  await rename(work, target).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
