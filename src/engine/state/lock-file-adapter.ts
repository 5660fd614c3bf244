import type {Adapter} from 'lowdb';
import {writeAtomically} from './atomic-file.ts';
import {keepBackup} from './backups.ts';
import type {StatePaths} from './state-paths.ts';
import {textIfThere} from './text-if-there.ts';

/** A lock file's text, undefined when there is none: an empty file is one that is broken. */
export interface LockFileText {
  readonly text?: string;
}

/** lowdb's own file adapters neither fsync nor keep what they replace; this one does. */
export function lockFileAdapter(paths: StatePaths): Adapter<LockFileText> {
  return {
    read: async () => ({text: await textIfThere(paths.lock)}),
    async write({text = ''}) {
      // Safe to commit, no secret in it: readable by all.
      await writeAtomically(paths.lock, text, {mode: 0o644, beforeRename: () => keepBackup(paths)});
    },
  };
}
