/** A mounted cgroup hierarchy of this machine. */
export interface Hierarchy {
  readonly version: 1 | 2;
  readonly mountPoint: string;
  /** v1: what mounts it, for example `cpu,cpuacct` or `none,name=systemd`. Empty for v2. */
  readonly options: string;
}

export type CgroupMode = 'v1' | 'hybrid' | 'v2';

/** What the kernel says beside a hierarchy's own controllers. */
const notControllers = new Set(['rw', 'ro', 'xattr', 'clone_children', 'cpuset_v2_mode', 'noprefix']);

/** The cgroup hierarchies in the text of /proc/self/mountinfo (proc(5)), each once. */
export function parseHierarchies(mountinfo: string): Hierarchy[] {
  const found = new Map<string, Hierarchy>();
  for (const line of mountinfo.split('\n')) {
    const [before, after] = line.split(' - ');
    const mountPoint = before?.split(' ')[4];
    const [type, , superOptions] = after?.split(' ') ?? [];
    if (!mountPoint?.startsWith('/sys/fs/cgroup')) continue;
    if (type === 'cgroup2') found.set(mountPoint, {version: 2, mountPoint, options: ''});
    if (type !== 'cgroup') continue;
    const words = (superOptions ?? '')
      .split(',')
      .filter(word => !notControllers.has(word) && !/^release_agent=/.test(word));
    const options = words.some(word => !word.startsWith('name=')) ? words : ['none', ...words];
    found.set(mountPoint, {version: 1, mountPoint, options: options.join(',')});
  }
  return [...found.values()];
}

/** Hybrid: v1 controllers with a cgroup2 beside them that has none. */
export function cgroupMode(hierarchies: readonly Hierarchy[]): CgroupMode {
  const first = hierarchies.some(hierarchy => hierarchy.version === 1);
  const second = hierarchies.some(hierarchy => hierarchy.version === 2);
  return first ? (second ? 'hybrid' : 'v1') : 'v2';
}

/** How a host's own init mounts them: words `MOUNTPOINT TYPE OPTIONS`, relative to its root. */
export const mountWords = (hierarchies: readonly Hierarchy[]): string[] =>
  hierarchies.flatMap(({version, mountPoint, options}) => [
    mountPoint.slice(1),
    version === 1 ? 'cgroup' : 'cgroup2',
    version === 1 ? options : 'rw',
  ]);

/**
 * v2: a cgroup with processes cannot hand controllers on to its children (cgroups(7), no internal processes), so that a
 * host's first processes go into a leaf of its cgroup. `init.scope` is what systemd calls it, too.
 */
export const leafFolders = (hierarchies: readonly Hierarchy[], name: string): string[] =>
  cgroupMode(hierarchies) === 'v2' ? hierarchies.map(({mountPoint}) => `${mountPoint}/${name}/init.scope`) : [];

/**
 * The files to which a process writes itself to join another one's cgroups; `text` is that one's /proc/PID/cgroup
 * (cgroups(7)), as a process in this machine's cgroup namespace reads it.
 */
export function joinFiles(hierarchies: readonly Hierarchy[], text: string): string[] {
  const paths = new Map(
    text
      .split('\n')
      .filter(Boolean)
      .map(line => /^\d+:([^:]*):(.*)$/.exec(line)!)
      .map(([, controllers, path]) => [sorted(controllers!), path!]),
  );
  return hierarchies.flatMap(({version, mountPoint, options}) => {
    const path = paths.get(version === 2 ? '' : sorted(options.replace(/^none,/, '')));
    return path === undefined ? [] : [`${mountPoint}${path === '/' ? '' : path}/cgroup.procs`];
  });
}

const sorted = (controllers: string): string => controllers.split(',').sort().join(',');
