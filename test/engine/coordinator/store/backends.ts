import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Store} from '../../../../src/engine/coordinator/store/index.ts';
import {openSqliteStore} from '../../../../src/engine/coordinator/store/index.ts';

/** Long enough that nothing decays while a test runs, but by what it computes itself. */
export const settings = {usageHalfLifeMs: 86_400_000};

/** A kind of database, as the suite and the processes that it starts open it. */
export interface Backend {
  /** Brings up what it needs, once for all tests; returns how it is taken down. */
  start?(): Promise<() => Promise<void>>;
  /** A place of its own for one test: a folder, or a URL. */
  make(): Promise<{readonly location: string; remove(): Promise<void>}>;
  open(location: string): Promise<Store>;
  /** Runs statements on the tables, as somebody who has the database itself; of SQLite, when no store has it open. */
  sql(location: string, text: string): Promise<void>;
}

export const sqliteBackend: Backend = {
  async make() {
    const folder = await mkdtemp(join(tmpdir(), 'niyanta-store-'));
    return {location: folder, remove: () => rm(folder, {recursive: true})};
  },
  open: location => openSqliteStore(location, settings),
  async sql(location, text) {
    const {DatabaseSync} = process.getBuiltinModule('node:sqlite');
    const database = new DatabaseSync(join(location, 'niyanta.db'));
    try {
      database.exec(text);
    } finally {
      database.close();
    }
  },
};

/** Loaded by name, so that the tests of one need nothing of the other. */
export const backends = {
  sqlite: async () => sqliteBackend,
  postgres: async () => (await import('../../../lab/harness/store-in-postgres.ts')).storeInPostgres(),
} satisfies Record<string, () => Promise<Backend>>;

export type BackendName = keyof typeof backends;
