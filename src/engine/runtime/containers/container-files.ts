import {quote, render} from '../../hosts/command.ts';
import type {ContainerId, ContainerSpec} from '../container-spec.ts';
import {ctr} from '../ctr.ts';
import * as paths from '../paths.ts';
import {writeFile} from './host-script.ts';

type WithFiles = Pick<ContainerSpec, 'id' | 'files'>;

/** A file on the host, by its place among those of the container. */
const pathOf = (id: ContainerId, index: number): string => `${paths.filesPath(id)}/${index + 1}`;

/** What is mounted where; read-only. */
export const fileMounts = ({
  id,
  files = [],
}: WithFiles): readonly {readonly source: string; readonly target: string}[] =>
  files.map(({target}, index) => ({source: pathOf(id, index), target}));

/** Lines that write a new container's files. */
export function fileLines({id, files = []}: WithFiles): readonly string[] {
  if (files.length === 0) return [];
  return [
    `mkdir -p ${quote(paths.filesPath(id))}`,
    ...files.flatMap(({content, mode}, index) => [
      writeFile(pathOf(id, index), content),
      `chmod ${mode} ${quote(pathOf(id, index))}`,
    ]),
  ];
}

/**
 * Lines that give a running container the new texts of its files, in place (it has their inodes mounted), and send the
 * signals that make it read them again.
 */
export function reloadLines(spec: WithFiles, before: Pick<ContainerSpec, 'files'>): readonly string[] {
  const old = new Map(before.files?.map(({target, content}) => [target, content]));
  const changed = (spec.files ?? [])
    .map((file, index) => ({...file, index}))
    .filter(({target, content}) => old.get(target) !== content);
  const signals = new Set(changed.flatMap(({reload}) => reload ?? []));
  return [
    ...changed.map(({content, index}) => writeFile(pathOf(spec.id, index), content)),
    // One that does not run reads them when it starts.
    ...[...signals].map(signal => `${render(ctr('tasks', 'kill', '--signal', signal, spec.id))} 2>/dev/null || :`),
  ];
}

/** A line that removes them. */
export const removeFiles = (id: ContainerId): string => `rm -rf ${quote(paths.filesPath(id))}`;
