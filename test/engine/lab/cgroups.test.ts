import {expect, test} from 'vitest';
import {cgroupMode, joinFiles, leafFolders, mountWords, parseHierarchies} from '../../../src/engine/lab/cgroups.ts';

const line = (mountPoint: string, type: string, options: string) =>
  `32 31 0:29 / ${mountPoint} rw,nosuid shared:9 - ${type} ${type} ${options}`;

const tmpfs = '31 23 0:28 / /sys/fs/cgroup ro,nosuid shared:8 - tmpfs tmpfs rw,size=4096k,mode=755';
const proc = '22 27 0:21 / /proc rw,relatime - proc proc rw';
const elsewhere = line('/run/containers/cgroup', 'cgroup2', 'rw');

const separate = [
  proc,
  tmpfs,
  line('/sys/fs/cgroup/cpu', 'cgroup', 'rw,cpu'),
  line('/sys/fs/cgroup/systemd', 'cgroup', 'rw,xattr,release_agent=/lib/systemd/systemd-cgroups-agent,name=systemd'),
];
const joined = [tmpfs, line('/sys/fs/cgroup/cpu,cpuacct', 'cgroup', 'rw,cpu,cpuacct')];
const unified = line('/sys/fs/cgroup/unified', 'cgroup2', 'rw,nsdelegate');
const pure = [proc, line('/sys/fs/cgroup', 'cgroup2', 'rw,nsdelegate,memory_recursiveprot'), elsewhere];

test.each([
  [
    'v1, a controller a mount',
    separate,
    'v1',
    ['sys/fs/cgroup/cpu', 'cgroup', 'cpu', 'sys/fs/cgroup/systemd', 'cgroup', 'none,name=systemd'],
  ],
  ['v1, controllers mounted together', joined, 'v1', ['sys/fs/cgroup/cpu,cpuacct', 'cgroup', 'cpu,cpuacct']],
  [
    'hybrid',
    [...joined, unified],
    'hybrid',
    ['sys/fs/cgroup/cpu,cpuacct', 'cgroup', 'cpu,cpuacct', 'sys/fs/cgroup/unified', 'cgroup2', 'rw'],
  ],
  ['v2', pure, 'v2', ['sys/fs/cgroup', 'cgroup2', 'rw']],
] as const)('a machine with %s is understood, and mounted the same in a host', (_, lines, mode, words) => {
  const hierarchies = parseHierarchies(lines.join('\n'));
  expect(cgroupMode(hierarchies)).toBe(mode);
  expect(mountWords(hierarchies)).toEqual(words);
});

test('a hierarchy that is mounted over itself counts once', () => {
  expect(parseHierarchies([...joined, ...joined].join('\n'))).toHaveLength(1);
});

test.each([
  [
    'v1',
    separate,
    '4:cpu:/nyl1.h1\n1:name=systemd:/nyl1.h1/init.scope\n',
    ['cpu/nyl1.h1', 'systemd/nyl1.h1/init.scope'],
  ],
  ['v1, joined in another order', joined, '4:cpuacct,cpu:/nyl1.h1\n', ['cpu,cpuacct/nyl1.h1']],
  ['hybrid', [...joined, unified], '4:cpu,cpuacct:/a\n0::/b:c\n', ['cpu,cpuacct/a', 'unified/b:c']],
  ['v2', pure, '0::/nyl1.h1/init.scope\n', ['nyl1.h1/init.scope']],
  ['v2, at the top', pure, '0::/\n', ['']],
])('what runs at the console of a host joins the cgroups of its init: %s', (_, lines, text, files) => {
  const expected = files.map(file => `/sys/fs/cgroup/${file}/cgroup.procs`.replace('//', '/'));
  expect(joinFiles(parseHierarchies(lines.join('\n')), text)).toEqual(expected);
});

test.each([
  ['v1', separate, []],
  ['hybrid', [...joined, unified], []],
  ['v2', pure, ['/sys/fs/cgroup/nyl1.h1/init.scope']],
] as const)('only with v2 do the first processes of a host need a leaf: %s', (_, lines, folders) => {
  expect(leafFolders(parseHierarchies(lines.join('\n')), 'nyl1.h1')).toEqual(folders);
});
