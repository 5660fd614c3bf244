import {existsSync, readFileSync, statSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';

export type NameKind = 'service' | 'host' | 'environment' | 'volume' | 'lab';

type Tree = Readonly<Record<string, unknown>>;

/**
 * Names for completion, read as far as the files can be read: someone who presses TAB may be in the middle of editing
 * them, and no host is asked. Files that are missing or broken give no names.
 */
export async function knownNames(kind: NameKind, folder: string, stackFiles: readonly string[]): Promise<string[]> {
  const project = projectFolder(folder);
  if (kind === 'lab') return labNames();
  if (!project) return [];
  if (kind === 'host') return hostNames(join(project, 'niyanta.yaml'));
  const files = stackFiles.length > 0 ? stackFiles.map(file => resolve(folder, file)) : [join(project, 'stack.yaml')];
  const stacks = (await Promise.all(files.map(documents))).flat();
  if (kind === 'environment')
    return unique(['default', ...keys(stacks, 'environments'), ...environmentsOfLock(project)]);
  return unique(keys(stacks, kind === 'service' ? 'services' : 'volumes'));
}

const unique = (names: readonly string[]): string[] => [...new Set(names)];

function projectFolder(folder: string): string | undefined {
  if (existsSync(join(folder, 'niyanta.yaml'))) return folder;
  const parent = dirname(folder);
  return parent === folder ? undefined : projectFolder(parent);
}

async function hostNames(file: string): Promise<string[]> {
  const projects = await documents(file);
  const lab = projects.map(({lab}) => lab).find(name => typeof name === 'string');
  if (lab === undefined) return keys(projects, 'hosts');
  const {labList} = await import('../../engine/lab/index.ts');
  const inLab =
    labList()
      .find(({name}) => name === lab)
      ?.hosts.map(({name}) => name) ?? [];
  return unique([...keys(projects, 'hosts'), ...inLab]);
}

async function labNames(): Promise<string[]> {
  const {labList} = await import('../../engine/lab/index.ts');
  return labList().map(({name}) => name);
}

/** Environments that were applied once, whether or not the stack names them. */
function environmentsOfLock(project: string): string[] {
  const text = textOf(join(project, 'niyanta.lock.json'));
  return text === undefined || !text.startsWith('{') ? [] : keys([parsedOrEmpty(text)], 'environments');
}

function parsedOrEmpty(text: string): Tree {
  try {
    return JSON.parse(text) as Tree;
  } catch {
    return {};
  }
}

async function documents(file: string): Promise<Tree[]> {
  const text = textOf(file);
  if (text === undefined) return [];
  const {parseAllDocuments} = await import('yaml');
  return [...parseAllDocuments(text)].map(document => document.toJS({maxAliasCount: 100})).filter(isTree);
}

const textOf = (file: string): string | undefined => {
  const stat = statSync(file, {throwIfNoEntry: false});
  return stat?.isFile() && stat.size <= 1_000_000 ? readFileSync(file, 'utf8') : undefined;
};

const keys = (trees: readonly Tree[], section: string): string[] =>
  trees.flatMap(tree => (isTree(tree[section]) ? Object.keys(tree[section]) : []));

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);
