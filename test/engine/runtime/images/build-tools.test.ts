import {chmod, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {firstTool} from '../../../../src/engine/runtime/images/build-image.ts';
import {type BuildTool, buildSteps} from '../../../../src/engine/runtime/images/build-tools.ts';
import {withFolder} from './image-files.ts';

const source = {
  kind: 'build',
  context: '/p/backend',
  file: '/p/backend/Dockerfile',
  args: {VERSION: '1 2'},
  target: 'final',
} as const;
const place = {
  name: 'niyanta.local/build-1:latest',
  output: '/c/image.tar',
  store: {folder: '/c/l', driver: 'overlay'},
} as const;

const what = [
  '--build-arg',
  'VERSION=1 2',
  '--target',
  'final',
  '--file',
  '/p/backend/Dockerfile',
  '--tag',
  'niyanta.local/build-1:latest',
  '/p/backend',
];
const own = [
  ...['unshare', '--mount'],
  ...['buildah', '--root', '/c/l/storage', '--runroot', '/c/l/run', '--storage-driver', 'overlay'],
];

test.each<[BuildTool, object]>([
  [
    'buildah',
    {
      build: [...own, 'build', '--isolation', 'chroot', '--layers', '--force-rm', ...what],
      save: [...own, 'push', '--quiet', 'niyanta.local/build-1:latest', 'oci-archive:/c/image.tar'],
      tidy: [...own, 'rmi', '--prune'],
    },
  ],
  [
    'docker',
    {
      build: ['docker', 'build', '--progress', 'plain', ...what],
      save: ['docker', 'save', '--output', '/c/image.tar', 'niyanta.local/build-1:latest'],
      tidy: ['docker', 'rmi', 'niyanta.local/build-1:latest'],
    },
  ],
  [
    'podman',
    {
      build: ['podman', 'build', '--layers', ...what],
      save: ['podman', 'save', '--format', 'oci-archive', '--output', '/c/image.tar', 'niyanta.local/build-1:latest'],
    },
  ],
  [
    'nerdctl',
    {
      build: ['nerdctl', 'build', '--progress', 'plain', ...what],
      save: ['nerdctl', 'save', '--output', '/c/image.tar', 'niyanta.local/build-1:latest'],
      tidy: ['nerdctl', 'rmi', 'niyanta.local/build-1:latest'],
    },
  ],
])('%s builds and saves with these words', (tool, steps) => expect(buildSteps(tool, source, place)).toEqual(steps));

test('the first tool in the order of preference is taken, whatever the order of PATH', async () => {
  await withFolder(async folder => {
    await expect(firstTool(folder)).rejects.toMatchObject({code: 'build-tool-missing', exit: 64});
    for (const [name, expected] of [
      ['nerdctl', 'nerdctl'],
      ['docker', 'docker'],
      ['buildah', 'buildah'],
    ]) {
      await writeFile(join(folder, name!), '');
      await chmod(join(folder, name!), 0o755);
      expect(await firstTool(`/nonexistent:${folder}`)).toBe(expected);
    }
  });
});
