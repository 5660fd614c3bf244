import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {type NiyantaError, UserError, UserErrors} from '../../../src/engine/spec/errors.ts';
import type {Files} from '../../../src/engine/spec/files.ts';
import {loadProject} from '../../../src/engine/spec/load-project.ts';
import {loadStack, type StackRequest} from '../../../src/engine/spec/load-stack.ts';
import {loadWorkloads, type PlacedWorkload} from '../../../src/engine/spec/load-workloads.ts';
import type {Project} from '../../../src/engine/spec/project.ts';
import type {Stack} from '../../../src/engine/spec/stack.ts';

/** Files that exist in a test, by absolute path, under /p. */
export type Texts = Readonly<Record<string, string>>;

const builtIn = join(import.meta.dirname, '../../../templates/postgres.yaml');

const absent = (path: string): Error => Object.assign(new Error(`ENOENT ${path}`), {code: 'ENOENT'});

const filesOf = (texts: Texts): Files => ({
  read: async path => {
    if (path === '/built-in/postgres.yaml') return readFile(builtIn);
    const text = texts[path];
    if (text === undefined) throw absent(path);
    return Buffer.from(text);
  },
  list: async directory =>
    directory === '/built-in'
      ? ['postgres.yaml']
      : Object.keys(texts)
          .filter(path => path.startsWith(`${directory}/`))
          .map(path => path.slice(directory.length + 1)),
});

interface Choice extends Partial<Pick<StackRequest, 'environment' | 'params' | 'env'>> {
  readonly texts?: Texts;
  /** Folders of repositories of templates, by name. */
  readonly repositories?: Readonly<Record<string, string>>;
}

/** The stack of one or several stack files. */
export async function readStack(text: string | Uint8Array | readonly string[], choice: Choice = {}): Promise<Stack> {
  return (await readPlacedStack(text, choice)).stack;
}

/** The same, and where its services were written. */
export function readPlacedStack(text: string | Uint8Array | readonly string[], choice: Choice = {}) {
  const {texts = {}, repositories = {}, environment = 'default', params = {}, env = {}} = choice;
  const all = typeof text === 'string' || text instanceof Uint8Array ? [text] : text;
  return loadStack({
    inputs: all.map((each, index) => ({
      source: {name: index === 0 ? 'stack.yaml' : `stack${index + 1}.yaml`, directory: '/p'},
      bytes: Buffer.from(each as string),
    })),
    environment,
    params,
    env,
    templates: {
      directories: ['/p/templates', '/built-in'],
      files: filesOf(texts),
      nameOf: path => path.replace('/p/', ''),
      repositories: Object.keys(repositories),
      fetch: async name => repositories[name]!,
    },
  });
}

/** The workloads of one file. */
export async function readWorkloads(
  text: string,
  {texts = {}, params = {}, env = {}}: Choice = {},
): Promise<readonly PlacedWorkload[]> {
  return loadWorkloads({
    inputs: [{source: {name: 'w.yaml', directory: '/p'}, bytes: Buffer.from(text)}],
    params,
    env,
    read: filesOf(texts).read,
    nameOf: path => path.replace('/p/', ''),
  });
}

/** A workload `job` of the image busybox, with lines of its own from line 5 on. */
export const job = (...lines: readonly string[]): string =>
  ['apiVersion: niyanta/v1', 'kind: Workload', 'name: job', 'image: busybox', ...lines].join('\n');

/** The project of a niyanta.yaml. */
export async function readProject(text: string, choice: Choice = {}): Promise<Project> {
  const {texts = {}, env = {}} = choice;
  const {project} = await loadProject({
    input: {source: {name: 'niyanta.yaml', directory: '/p'}, bytes: Buffer.from(text)},
    file: '/p/niyanta.yaml',
    env,
    home: '/home/me',
    readText: async path => texts[path],
  });
  return project;
}

/** Every error as one line: `stack.yaml:4:3 services.web.image: …`. Throws what is no UserError, fails without errors. */
export async function errorsOf(reading: Promise<unknown>): Promise<string[]> {
  return (await userErrors(reading)).map(error => {
    const at = error.location;
    const where = at ? `${at.file}:${at.line}:${at.column}${at.path ? ` ${at.path}` : ''}: ` : '';
    return `${where}${error.message}`;
  });
}

/** The errors themselves. */
export async function userErrors(reading: Promise<unknown>): Promise<readonly UserError[]> {
  const error: unknown = await reading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof UserErrors) return error.errors;
  if (error instanceof UserError) return [error];
  throw (error as NiyantaError | undefined) ?? new Error('nothing was refused');
}

/** A stack with one service `web`, whose body is given as lines. */
export const web = (...lines: readonly string[]): string =>
  [
    'apiVersion: niyanta/v1',
    'kind: Stack',
    'name: shop',
    'services:',
    '  web:',
    ...lines.map(line => `    ${line}`),
  ].join('\n');

/** A project with lines of its own below the head. */
export const project = (...lines: readonly string[]): string =>
  ['apiVersion: niyanta/v1', 'kind: Project', 'name: shop', ...lines].join('\n');
