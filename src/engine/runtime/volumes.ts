import {quote} from '../hosts/command.ts';
import type {HostScript} from './containers/host-script.ts';
import * as paths from './paths.ts';

/** Makes a volume's folder; data that is there stays. */
export const createVolume = (path: string): HostScript => ({
  what: `create volume ${path}`,
  text: `set -eu\n${inside(path)}\nmkdir -p ${quote(path)}\n`,
});

/** Removes a volume with all data in it, and its environment's folder when it was the last. */
export const deleteVolume = (path: string): HostScript => ({
  what: `delete volume ${path}`,
  text: `set -eu\n${inside(path)}\nrm -rf --one-file-system ${quote(path)}\nrmdir ${quote(path.replace(/\/[^/]*$/, ''))} 2>/dev/null || :\n`,
});

/** Removes a volume's folder, and its environment's, when nothing is in it; data stays. */
export const deleteEmptyVolume = (path: string): HostScript => ({
  what: `delete the empty volume ${path}`,
  text: `set -eu\n${inside(path)}\nif rmdir ${quote(path)} 2>/dev/null; then rmdir ${quote(path.replace(/\/[^/]*$/, ''))} 2>/dev/null || :; fi\n`,
});

/** A last guard before `rm -rf`: a volume is two folders below the volumes' folder, and not a way out of it. */
function inside(path: string): string {
  if (
    !/^[^/]+\/[^/]+$/.test(path.slice(paths.volumesFolder.length + 1)) ||
    !path.startsWith(`${paths.volumesFolder}/`) ||
    path.includes('..')
  )
    throw new RangeError(`${path} is not a volume's folder`);
  return `test -d ${quote(paths.volumesFolder)}`;
}
