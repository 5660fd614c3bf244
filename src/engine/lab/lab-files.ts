import {mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {homedir} from 'node:os';
import {join} from 'node:path';
import {UserError} from '../spec/errors.ts';
import type {Lab} from './lab.ts';

/** `$XDG_STATE_HOME/niyanta/labs`. */
const labsDirectory = (): string => join(process.env.XDG_STATE_HOME || join(homedir(), '.local/state'), 'niyanta/labs');

/** `$XDG_CACHE_HOME/niyanta/roots`, where the Debian roots are kept. */
export const rootsDirectory = (): string =>
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'niyanta/roots');

/** Where a lab keeps what it has on disk. A name is 1 to 30 letters, digits and dashes, or a UserError. */
export function labDirectory(name: string): string {
  if (!/^[a-z0-9](?:[a-z0-9-]{0,28}[a-z0-9])?$/.test(name)) {
    throw new UserError({
      code: 'lab-name',
      message: `"${name}" cannot be the name of a lab`,
      hint: 'Use 1 to 30 lower-case letters, digits and dashes, for example: niyanta lab up --name shop',
    });
  }
  return join(labsDirectory(), name);
}

/** The lab of this name on this machine; undefined when there is none. */
export function readLab(name: string): Lab | undefined {
  try {
    return JSON.parse(readFileSync(join(labDirectory(name), 'lab.json'), 'utf8')) as Lab;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The lab of this name, or a UserError `no-such-lab`. */
export function mustReadLab(name: string): Lab {
  const lab = readLab(name);
  if (lab) return lab;
  const others = readLabs().map(other => other.name);
  throw new UserError({
    code: 'no-such-lab',
    message: `there is no lab "${name}" on this machine${others.length > 0 ? ` (there is ${others.join(', ')})` : ''}`,
    hint: `niyanta lab up --name ${name}`,
  });
}

/** Every lab of this user on this machine, by name. */
export function readLabs(): Lab[] {
  let names: string[];
  try {
    names = readdirSync(labsDirectory());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return names
    .sort()
    .map(readLab)
    .filter(lab => lab !== undefined);
}

/** Replaces lab.json as a whole. */
export function writeLab(lab: Lab): void {
  mkdirSync(lab.directory, {recursive: true, mode: 0o700});
  const file = join(lab.directory, 'lab.json');
  writeFileSync(`${file}.new`, `${JSON.stringify(lab, undefined, 2)}\n`, {mode: 0o600});
  renameSync(`${file}.new`, file);
}
