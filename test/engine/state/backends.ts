import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {openFileStore} from '../../../src/engine/state/file-store.ts';
import type {LeaseTimes} from '../../../src/engine/state/lease-times.ts';
import type {StateStore} from '../../../src/engine/state/store.ts';

/** A kind of store, as the suite and the processes that it starts open it. */
export interface Backend {
  /** Brings up what it needs, once for all tests, under a name that nobody else uses; returns how it is taken down. */
  start?(name: string): Promise<() => Promise<void>>;
  /** A place of its own for one test: a path, or a URL. */
  make(): Promise<{readonly location: string; remove(): Promise<void>}>;
  open(location: string, project: string, times?: LeaseTimes): StateStore;
  /** Puts a text where the document is. */
  corrupt(location: string, text: string): Promise<void>;
}

export const fileBackend: Backend = {
  async make() {
    const folder = await mkdtemp(join(tmpdir(), 'niyanta-state-'));
    return {location: join(folder, 'niyanta.lock.json'), remove: () => rm(folder, {recursive: true})};
  },
  open: openFileStore,
  async corrupt(location, text) {
    const {writeFile} = await import('node:fs/promises');
    await writeFile(location, text);
  },
};

/** Loaded by name, so that the tests of one need nothing of the others. */
export const backends = {
  file: async () => fileBackend,
  sqlite: async () => (await import('../coordinator/store/states-in-sqlite.ts')).statesInSqlite(),
  ssh: async () => (await import('../../lab/harness/state-on-host.ts')).stateOnHost(),
  postgres: async () => (await import('../../lab/harness/state-in-postgres.ts')).stateInPostgres(),
} satisfies Record<string, () => Promise<Backend>>;

export type BackendName = keyof typeof backends;

/** Short enough for tests, long enough for a busy machine. */
export const quickTimes: LeaseTimes = {ttlMs: 3000, renewMs: 300, pollMs: 20};
/** The same for what is asked over a network: a round trip and a few processes there for each step. */
export const remoteTimes: LeaseTimes = {ttlMs: 6000, renewMs: 1000, pollMs: 100};

export const timesOf = (name: BackendName): LeaseTimes =>
  name === 'file' || name === 'sqlite' ? quickTimes : remoteTimes;
