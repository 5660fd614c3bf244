import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {mkdir, readFile, rmdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {OutsideError} from '../spec/errors.ts';
import {cgroupMode, type Hierarchy, joinFiles, leafFolders, parseHierarchies} from './cgroups.ts';

/** The cgroup hierarchies of this machine. */
export const readHierarchies = (): Hierarchy[] => parseHierarchies(readFileSync('/proc/self/mountinfo', 'utf8'));

/**
 * A script that joins the cgroups whose files are its arguments up to `--`, then becomes the program after it.
 */
export const joinAndRun = `
while [ "$1" != -- ]; do echo $$ > "$1"; shift; done
shift
exec "$@"
`;

/** The files to which a process writes itself to join the cgroups of another. */
export const joinFilesOf = (pid: number): string[] =>
  joinFiles(readHierarchies(), readFileSync(`/proc/${pid}/cgroup`, 'utf8'));

/** Files to which a process writes itself: first to join a host's cgroups, then its leaf in them. */
export interface CgroupFiles {
  readonly joins: readonly string[];
  readonly leaves: readonly string[];
}

/** Makes the cgroup of this name in every hierarchy. */
export async function makeCgroups(name: string): Promise<CgroupFiles> {
  const hierarchies = readHierarchies();
  const joins: string[] = [];
  for (const {version, mountPoint} of hierarchies) {
    const folder = join(mountPoint, name);
    await mkdir(folder, {recursive: true});
    // A v1 cpuset takes no process before it has CPUs and memory nodes.
    for (const file of version === 1 ? ['cpuset.cpus', 'cpuset.mems'] : []) {
      if (existsSync(join(folder, file))) await writeFile(join(folder, file), await readFile(join(mountPoint, file)));
    }
    // Beside v1 (hybrid), cgroup2 only names processes.
    if (cgroupMode(hierarchies) === 'v2') await passControllersOn(mountPoint);
    joins.push(join(folder, 'cgroup.procs'));
  }
  const leaves = leafFolders(hierarchies, name);
  for (const folder of leaves) await mkdir(folder, {recursive: true});
  return {joins, leaves: leaves.map(folder => join(folder, 'cgroup.procs'))};
}

/** v2: a child has only the controllers that its parent names. */
async function passControllersOn(mountPoint: string): Promise<void> {
  const words = async (file: string) => (await readFile(join(mountPoint, file), 'utf8')).split(/\s+/).filter(Boolean);
  const passed = new Set(await words('cgroup.subtree_control'));
  for (const controller of await words('cgroup.controllers')) {
    if (!passed.has(controller)) await writeFile(join(mountPoint, 'cgroup.subtree_control'), `+${controller}`);
  }
}

/** Every process in the cgroup of this name or below, as this machine numbers them. */
export function processesIn(name: string): number[] {
  const found = new Set<number>();
  for (const {mountPoint} of readHierarchies()) {
    for (const folder of foldersBelow(join(mountPoint, name))) {
      for (const line of readIfThere(join(folder, 'cgroup.procs')).split('\n')) {
        // 0 is a process that this PID namespace cannot see.
        if (line !== '' && line !== '0') found.add(Number(line));
      }
    }
  }
  return [...found];
}

/** Kills a process and waits until what hangs on it is over, but not long. */
export async function endProcess(pid: number, over: () => boolean): Promise<void> {
  kill(pid);
  for (let round = 0; round < 50 && !over(); round++) await sleep(10);
}

/** Kills every process in the cgroup of this name and removes it everywhere. */
export async function removeCgroups(name: string): Promise<void> {
  for (let round = 0; ; round++) {
    const alive = processesIn(name);
    if (alive.length > 0) thaw(name);
    for (const pid of alive) kill(pid);
    if (alive.length === 0 && (await removed(name))) return;
    if (round > 1000) {
      throw new OutsideError({
        code: 'lab-cgroup-busy',
        message: `the processes of ${name} do not end: ${alive.join(' ')}`,
        hint: 'They wait for a device or a file system of this machine; see dmesg, then niyanta lab down again.',
      });
    }
    await sleep(10);
  }
}

/** A paused container does not die before it goes on. */
function thaw(name: string): void {
  for (const {mountPoint} of readHierarchies()) {
    for (const folder of foldersBelow(join(mountPoint, name))) {
      for (const [file, going] of [
        ['freezer.state', 'THAWED'],
        ['cgroup.freeze', '0'],
      ] as const) {
        const path = join(folder, file);
        if (existsSync(path)) writeFileSync(path, going);
      }
    }
  }
}

async function removed(name: string): Promise<boolean> {
  let gone = true;
  for (const {mountPoint} of readHierarchies()) {
    for (const folder of foldersBelow(join(mountPoint, name)).reverse()) {
      await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
        // Busy for a moment after its last process ended.
        if (error.code === 'EBUSY') gone = false;
        else if (error.code !== 'ENOENT') throw error;
      });
    }
  }
  return gone;
}

/** The folder and all below it, parents first; none when it is not there. */
function foldersBelow(folder: string): string[] {
  try {
    const inside = readdirSync(folder, {withFileTypes: true}).filter(entry => entry.isDirectory());
    return [folder, ...inside.flatMap(entry => foldersBelow(join(folder, entry.name)))];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
