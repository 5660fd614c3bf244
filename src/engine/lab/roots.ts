import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {mkdir, rename, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {UserError} from '../spec/errors.ts';
import {debianMirror} from './apt-sources.ts';
import type {Lab} from './lab.ts';
import {rootsDirectory} from './lab-files.ts';
import {mustRun} from './machine.ts';
import {withMachineLock} from './machine-lock.ts';
import {requirePrograms} from './requirements.ts';
import {buildRoot, type RootRecipe, rootKey} from './root-recipe.ts';

/** Where the cached root of this key is. */
export const rootDirectory = (key: string): string => join(rootsDirectory(), key);

/** A lab's hosts are layers over their root, so that they cannot do without it; UserError `lab-root-gone`. */
export function requireRoots(lab: Lab): void {
  const gone = lab.hosts.find(host => !existsSync(rootDirectory(host.root)));
  if (!gone) return;
  throw new UserError({
    code: 'lab-root-gone',
    message: `the root file system of ${gone.name} of the lab "${lab.name}" is no longer in the cache, ${rootDirectory(gone.root)}`,
    hint: `Make the lab anew: niyanta lab down --name ${lab.name}, then niyanta lab up`,
  });
}

/** Makes the root file system of this recipe unless the cache has it; returns its key. Takes 15 s or so, once. */
export async function ensureRoot(recipe: RootRecipe, onProgress: (text: string) => void): Promise<string> {
  const key = rootKey(recipe);
  if (existsSync(rootDirectory(key))) return key;
  await requirePrograms(['mmdebstrap'], onProgress);
  await withMachineLock(`root/${rootDirectory(key)}`, async () => {
    if (existsSync(rootDirectory(key))) return;
    const building = `${rootDirectory(key)}.building`;
    await rm(building, {recursive: true, force: true});
    await mkdir(rootsDirectory(), {recursive: true});
    onProgress(`making the root file system of ${recipe.release} (once, then cached)`);
    await mustRun(buildRoot(recipe, readMirror(), building), `mmdebstrap ${recipe.release} ${building}`);
    await rename(building, rootDirectory(key));
  });
  return key;
}

/** The Debian mirror that this machine's own apt uses. */
export function readMirror(): string {
  const folder = '/etc/apt/sources.list.d';
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  const files = [...names.map(name => join(folder, name)), '/etc/apt/sources.list']
    .filter(file => /\.(list|sources)$/.test(file) && existsSync(file))
    .map(name => ({name, text: readFileSync(name, 'utf8')}));
  const mirror = process.env.NIYANTA_DEBIAN_MIRROR || debianMirror(files);
  if (mirror) return mirror;
  throw new UserError({
    code: 'no-debian-mirror',
    message: "this machine's apt has no Debian mirror in /etc/apt, from which a lab's hosts are made",
    hint: 'Name one: NIYANTA_DEBIAN_MIRROR=http://…/debian niyanta lab up',
  });
}
