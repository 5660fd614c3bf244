import {createReadStream} from 'node:fs';
import {stat} from 'node:fs/promises';
import {join} from 'node:path';
import type {ImageFiles} from './archive-source.ts';
import {corruptImage} from './corrupt-image.ts';

/** The files of an OCI layout folder. Names come from the image, so they may not leave the folder. */
export function folderFiles(path: string): ImageFiles {
  const inside = (name: string): string => {
    if (name.split('/').includes('..')) throw corruptImage(path, `names a file outside of itself: ${name}`);
    return join(path, name);
  };
  return {
    path,
    size: async name => {
      const found = await stat(inside(name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
        throw error;
      });
      return found?.isFile() ? found.size : undefined;
    },
    stream: name => createReadStream(inside(name)),
  };
}
