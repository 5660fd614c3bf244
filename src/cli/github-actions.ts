import {randomUUID} from 'node:crypto';
import {appendFileSync, existsSync} from 'node:fs';
import {dirname, isAbsolute, join, relative, resolve} from 'node:path';
import process from 'node:process';
import {
  type Annotation,
  annotationCommands,
  endGroupCommand,
  groupCommand,
  type PathInRepository,
} from '../engine/view/github-commands.ts';
import {printable} from '../engine/view/printable.ts';
import {tell} from './output.ts';

/**
 * Annotations go to standard error: GitHub's runner reads both streams, and standard output stays what was asked for.
 */
export function annotate(annotations: readonly Annotation[]): void {
  for (const line of annotationCommands(annotations, pathInRepository(process.cwd(), process.env))) command(line);
}

/** Folds what is printed until `endGroup`. */
export const beginGroup = (title: string): void => command(groupCommand(title));
export const endGroup = (): void => command(endGroupCommand);

/** Adds to the summary of the workflow's run, where there is one. */
export function addSummary(markdown: string): void {
  append(process.env.GITHUB_STEP_SUMMARY, `${markdown}\n\n`);
}

/** Sets outputs of the workflow's step, for `steps.ID.outputs.NAME`. */
export function setOutputs(values: Readonly<Record<string, string | number | boolean>>): void {
  // A delimiter that no value can know: whoever wrote the value could set other outputs otherwise.
  const delimiter = `niyanta-${randomUUID()}`;
  const lines = Object.entries(values).map(([name, value]) => `${name}<<${delimiter}\n${value}\n${delimiter}\n`);
  append(process.env.GITHUB_OUTPUT, lines.join(''));
}

/** That GitHub's file cannot be written changes nothing about what was done, or how it ended. */
function append(file: string | undefined, text: string): void {
  if (!file) return;
  try {
    appendFileSync(file, text);
  } catch (error) {
    tell(printable(`${file} could not be written: ${(error as Error).message}`));
  }
}

const command = (line: string): void => void process.stderr.write(`${line}\n`);

/** Files are called from the root of the repository: GITHUB_WORKSPACE, or the nearest folder above with `.git`. */
function pathInRepository(cwd: string, env: NodeJS.ProcessEnv): PathInRepository {
  const root = env.GITHUB_WORKSPACE || repositoryAbove(cwd) || cwd;
  return file => {
    if (file.startsWith('<')) return undefined;
    const path = relative(root, resolve(cwd, file));
    return path.startsWith('..') || isAbsolute(path) ? undefined : path;
  };
}

function repositoryAbove(folder: string): string | undefined {
  if (existsSync(join(folder, '.git'))) return folder;
  const parent = dirname(folder);
  return parent === folder ? undefined : repositoryAbove(parent);
}
