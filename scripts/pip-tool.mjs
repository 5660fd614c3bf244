// Tools from PyPI that only `.ci/run` uses, each in a folder of its own in the user's cache.
import {existsSync, mkdirSync, renameSync, rmSync} from 'node:fs';
import {homedir} from 'node:os';
import {dirname, join} from 'node:path';
import process from 'node:process';
import {has, problemOf} from './toolchain.mjs';

/**
 * Installs a package, once: {folder} to be put into PYTHONPATH, or {lacking}, why it cannot be had on this machine.
 */
export async function pipTool(name, version) {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const folder = join(cache, 'niyanta', `${name}-${version}`);
  if (existsSync(folder)) return {folder};
  if (!has('python3', '--version')) return {lacking: 'there is no python3'};
  mkdirSync(dirname(folder), {recursive: true});
  const fresh = `${folder}.${process.pid}`;
  try {
    // A plain folder and not an environment: that could not be moved to its place once it is whole.
    const problem = await problemOf('python3', [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--target',
      fresh,
      `${name}==${version}`,
    ]);
    if (problem.length > 0) return {lacking: problem.join(' ')};
    renameSync(fresh, folder);
    return {folder};
  } finally {
    rmSync(fresh, {recursive: true, force: true});
  }
}
