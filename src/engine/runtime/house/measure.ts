import {render, script} from '../../hosts/command.ts';
import type {Probe} from '../../hosts/index.ts';
import {ctr} from '../ctr.ts';
import * as paths from '../paths.ts';
import {contentLine} from './survey.ts';

/** Bytes that volumes take on the disk, by folder: PROJECT.STACK.ENV/NAME. Takes as long as they have files. */
export const volumeSizes = (folders: readonly string[]): Probe<ReadonlyMap<string, number>> => ({
  command: script(`cd ${paths.volumesFolder} && du -sxB1 -- "$@" 2>/dev/null; :`, ...folders),
  parse: stdout =>
    new Map(
      stdout.split('\n').flatMap((line): [string, number][] => {
        const [, size, folder] = /^(\d+)\t(.+)$/.exec(line) ?? [];
        return folder === undefined ? [] : [[folder, Number(size)]];
      }),
    ),
});

/** Bytes that containerd's content takes, and what it unpacked of it. */
export const storedBytes: Probe<number> = {
  command: script(
    `${render(ctr('content', 'ls'))} 2>/dev/null; echo snapshots; ${render(ctr('snapshots', 'usage', '-b'))} 2>/dev/null; :`,
  ),
  parse(stdout) {
    const [content = '', snapshots = ''] = stdout.split(/^snapshots$/m);
    const blobs = content.split('\n').map(line => (line.startsWith('sha256:') ? contentLine(line).bytes : 0));
    const unpacked = snapshots.split('\n').map(line => Number(/^sha256:\S+\s+(\d+)/.exec(line.trim())?.[1] ?? 0));
    return [...blobs, ...unpacked].reduce((sum, bytes) => sum + bytes, 0);
  },
};
