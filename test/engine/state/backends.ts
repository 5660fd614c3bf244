import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {openFileStore} from '../../../src/engine/state/file-store.ts';
import type {LeaseTimes} from '../../../src/engine/state/lease-times.ts';
import type {StateStore} from '../../../src/engine/state/store.ts';

/** A kind of store, as the suite and the processes that it starts open it. */
export interface Backend {
  /** A place of its own for one test: a path, or a URL. */
  make(): Promise<{readonly location: string; remove(): Promise<void>}>;
  open(location: string, project: string, times?: LeaseTimes): StateStore;
  /** Puts a text where the document is. */
  corrupt(location: string, text: string): Promise<void>;
}

export const backends = {
  file: {
    async make() {
      const folder = await mkdtemp(join(tmpdir(), 'niyanta-state-'));
      return {location: join(folder, 'niyanta.lock.json'), remove: () => rm(folder, {recursive: true})};
    },
    open: openFileStore,
    async corrupt(location, text) {
      const {writeFile} = await import('node:fs/promises');
      await writeFile(location, text);
    },
  },
} satisfies Record<string, Backend>;

export type BackendName = keyof typeof backends;

/** Short enough for tests, long enough for a busy machine. */
export const quickTimes: LeaseTimes = {ttlMs: 1500, renewMs: 200, pollMs: 20};
