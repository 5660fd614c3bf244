import type {BuildSource} from './build-key.ts';

/** Programs that build images, in the order in which they are looked for. */
export const buildTools = ['buildah', 'docker', 'podman', 'nerdctl'] as const;
export type BuildTool = (typeof buildTools)[number];

export interface BuildPlace {
  /** Name the image gets in the tool's own store: the same for every build of one service, so that layers are reused. */
  readonly name: string;
  /** File that the image is written to. */
  readonly output: string;
  /** Where buildah keeps its layers, and how. */
  readonly store: {readonly folder: string; readonly driver: 'overlay' | 'vfs'};
}

/** Programs to run one after another, each as its words: build, write to a file, drop what is of no use any more. */
export interface BuildSteps {
  readonly build: readonly string[];
  readonly save: readonly string[];
  /** Absent where the tool has no way that spares the layers of other builds. */
  readonly tidy?: readonly string[];
}

/**
 * How each tool builds an image and writes it to a file. `--layers`: each instruction keeps a layer of its own, so a
 * change at the end of a Dockerfile sends only the end. Build arguments are no place for secrets: they show in the
 * process list.
 */
export function buildSteps(tool: BuildTool, source: BuildSource, place: BuildPlace): BuildSteps {
  const what = [
    ...Object.entries(source.args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
    ...(source.target === undefined ? [] : ['--target', source.target]),
    '--file',
    source.file,
    '--tag',
    place.name,
    source.context,
  ];
  switch (tool) {
    case 'buildah': {
      const {folder, driver} = place.store;
      const words = [
        // buildah leaves its overlay folder mounted; a mount namespace of its own takes that with it.
        ...(driver === 'overlay' ? ['unshare', '--mount'] : []),
        ...['buildah', '--root', `${folder}/storage`, '--runroot', `${folder}/run`, '--storage-driver', driver],
      ];
      return {
        // In a chroot: needs neither runc nor a network of its own, and works in containers.
        build: [...words, 'build', '--isolation', 'chroot', '--layers', '--force-rm', ...what],
        save: [...words, 'push', '--quiet', place.name, `oci-archive:${place.output}`],
        tidy: [...words, 'rmi', '--prune'],
      };
    }
    case 'docker':
    case 'nerdctl':
      return {
        build: [tool, 'build', '--progress', 'plain', ...what],
        save: [tool, 'save', '--output', place.output, place.name],
        tidy: [tool, 'rmi', place.name],
      };
    case 'podman':
      return {
        build: ['podman', 'build', '--layers', ...what],
        save: ['podman', 'save', '--format', 'oci-archive', '--output', place.output, place.name],
      };
  }
}
