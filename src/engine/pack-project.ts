import {createReadStream} from 'node:fs';
import {stat} from 'node:fs/promises';
import nodePath from 'node:path';
import {Readable} from 'node:stream';
import {type Pack, pack} from 'tar-stream';
import {imageLabel} from './image-label.ts';
import {builtInTemplates, files as disk, readFiles, type StackChoice} from './open-project.ts';
import {buildImage, buildKey, peekBuild} from './runtime/images/index.ts';
import {BUNDLE_HEAD, type BundleHead} from './spec/bundle-schema.ts';
import {UserError} from './spec/errors.ts';
import type {Files} from './spec/index.ts';
import type {Project} from './spec/project.ts';
import type {EnvironmentName, Stack} from './spec/stack.ts';

export interface PackedProject {
  readonly project: string;
  readonly environment: EnvironmentName;
  readonly stack: Stack;
  /** A new tar of it each time: what a coordinator takes as a bundle. */
  tar(): Readable;
}

export interface PackOptions {
  readonly signal: AbortSignal;
  /** What a build prints. */
  readonly onBuild: (label: string, line: string) => void;
}

/**
 * The project and one of its environments, for a coordinator: niyanta.yaml, the stack's files, all that they name, the
 * encrypted secrets, and images that are archives or are built here first. What is read is what is sent: nothing else of
 * the folder. Errors: those of reading; UserError `outside-project`, `not-for-servers`, those of a build.
 */
export async function packProject(choice: StackChoice, options: PackOptions): Promise<PackedProject> {
  const noted = noteDown(choice);
  const {project, stack, environment, stackFiles} = await readFiles({...choice, ...noted.choice});
  refuseStandardInput(stackFiles);
  const images = await imagesOf(project, stack, options);
  const named = [project.file, ...noted.paths, ...(await secretsFile(project)), ...archivesOf(project, stack)];
  const members = new Map(named.map(path => [inside(project, path), path]));
  for (const [label, path] of images) members.set(imageMember(label), path);
  const head: BundleHead = {
    version: 1,
    files: stackFiles.map(path => inside(project, path)),
    environment,
    params: {...choice.params},
    env: Object.fromEntries([...noted.variables].sort()),
    images: Object.fromEntries([...images.keys()].map(label => [label, imageMember(label)])),
  };
  return {project: project.name, environment, stack, tar: () => tarOf(head, members)};
}

/** Reading with the paths of what was read, and the variables that were asked for, written down. */
function noteDown({env, reading = disk}: StackChoice) {
  const paths = new Set<string>();
  const variables = new Map<string, string>();
  const noting: Files = {
    ...reading,
    async read(path) {
      const bytes = await reading.read(path);
      if (!isBuiltIn(path)) paths.add(path);
      return bytes;
    },
  };
  const noticed = new Proxy(env, {
    get(target, name) {
      const value = typeof name === 'string' ? target[name] : undefined;
      if (typeof name === 'string' && value !== undefined) variables.set(name, value);
      return value;
    },
  });
  return {paths, variables, choice: {reading: noting, env: noticed, envOfProject: env}};
}

/** Templates of niyanta itself are at the server, too. */
const isBuiltIn = (path: string): boolean => path.startsWith(`${builtInTemplates}${nodePath.sep}`);

function refuseStandardInput(files: readonly string[]): void {
  if (!files.includes('-')) return;
  throw new UserError({
    code: 'not-for-servers',
    message: 'a stack on standard input cannot be sent to a coordinator, which keeps the project as it stands in files',
    hint: 'Write it to a file in the folder of niyanta.yaml, and name that with -f.',
  });
}

/** Relative, with `/`. */
function inside({directory}: Project, path: string): string {
  const relative = nodePath.relative(directory, path);
  if (relative !== '' && !relative.startsWith('..') && !nodePath.isAbsolute(relative))
    return relative.split(nodePath.sep).join('/');
  throw new UserError({
    code: 'outside-project',
    message: `${path} is not in the folder of niyanta.yaml (${directory}): a coordinator is sent that folder alone`,
    hint: 'Move it there.',
  });
}

async function imagesOf(project: Project, stack: Stack, options: PackOptions): Promise<ReadonlyMap<string, string>> {
  const cache = nodePath.join(project.directory, '.niyanta', 'images');
  const images = new Map<string, string>();
  for (const service of stack.services) {
    const {image} = service;
    if (image.kind !== 'build') continue;
    const label = imageLabel(service, project.directory);
    if (images.has(label)) continue;
    const key = await buildKey(image, cache);
    const onProgress = (line: string) => options.onBuild(label, line);
    const built =
      (await peekBuild(key, cache)) ?? (await buildImage(image, key, cache, {onProgress, signal: options.signal}));
    if ((await stat(built.path)).isDirectory()) throw layoutFolder(label, built.path);
    images.set(label, built.path);
  }
  return images;
}

function archivesOf(project: Project, stack: Stack): readonly string[] {
  const {source} = project.proxy;
  const own = stack.services.flatMap(({image}) => (image.kind === 'archive' ? [image.path] : []));
  return stack.routes.length > 0 && source.kind === 'archive' ? [...own, source.path] : own;
}

const layoutFolder = (label: string, path: string): UserError =>
  new UserError({
    code: 'not-for-servers',
    message: `${label} was built as a folder (${path}), which is not sent to a coordinator`,
    hint: 'Make an archive of it and say `archive:` in place of `build:`.',
  });

/** Encrypted with age: it travels as it is. */
async function secretsFile({secrets}: Project): Promise<readonly string[]> {
  if (secrets.store !== 'project') return [];
  const there = await stat(secrets.file).catch(() => undefined);
  return there?.isFile() ? [secrets.file] : [];
}

/** A name that no file of people has. */
const imageMember = (label: string): string => `.niyanta-images/${encodeURIComponent(label).replaceAll('%', '_')}.tar`;

/** Members in order of names, without times: the same project is the same tar. */
function tarOf(head: BundleHead, members: ReadonlyMap<string, string>): Readable {
  const tar = pack();
  const writing = async () => {
    const json = Buffer.from(`${JSON.stringify(head, null, 2)}\n`);
    await write(tar, {name: BUNDLE_HEAD, size: json.length}, Readable.from([json]));
    for (const [name, path] of [...members].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const {size, mode} = await stat(path);
      await write(tar, {name, size, mode: mode & 0o100 ? 0o755 : 0o644}, createReadStream(path));
    }
    tar.finalize();
  };
  writing().catch(error => tar.destroy(error));
  return Readable.from(tar, {objectMode: false});
}

function write(
  tar: Pack,
  header: {readonly name: string; readonly size: number; readonly mode?: number},
  content: Readable,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const entry = tar.entry({mode: 0o644, ...header, mtime: new Date(0)}, error => (error ? reject(error) : resolve()));
    content.on('error', reject);
    content.pipe(entry);
  });
}
