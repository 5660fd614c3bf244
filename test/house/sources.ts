import {readdirSync, readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';

/** The project's folder. */
export const root = resolve(import.meta.dirname, '../..');

/** Files below a folder of the project whose name ends so, as paths from the project. */
export function filesBelow(folder: string, ...endings: readonly string[]): readonly string[] {
  return readdirSync(join(root, folder), {recursive: true, withFileTypes: true})
    .filter(entry => entry.isFile() && endings.some(ending => entry.name.endsWith(ending)))
    .map(entry => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

/** The text of a file of the project. */
export const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');

/** How people see its length: a line break at the end starts no line. */
export const linesOf = (file: string): number => textOf(file).trimEnd().split('\n').length;

/** What people type for each command file: `src/commands/host/add.ts` → `host add`. */
export const commandIds = (): readonly string[] =>
  filesBelow('src/commands', '.ts').map(file => file.slice('src/commands/'.length, -'.ts'.length).replaceAll('/', ' '));
