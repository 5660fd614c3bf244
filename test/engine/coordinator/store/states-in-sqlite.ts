import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Database} from '../../../../src/engine/coordinator/store/database.ts';
import {openSqlite} from '../../../../src/engine/coordinator/store/sqlite/sqlite-database.ts';
import {stateBackend} from '../../../../src/engine/coordinator/store/states/state-backend.ts';
import {leaseTimes} from '../../../../src/engine/state/lease-times.ts';
import {stateStore} from '../../../../src/engine/state/state-store.ts';
import type {Backend} from '../../state/backends.ts';

/** States in the database of a coordinator without PostgreSQL. */
export function statesInSqlite(): Backend {
  const databases = new Map<string, Database>();
  return {
    async make() {
      const folder = await mkdtemp(join(tmpdir(), 'niyanta-states-'));
      const database = await openSqlite(folder);
      databases.set(folder, database);
      return {
        location: folder,
        async remove() {
          await database.close();
          await rm(folder, {recursive: true});
        },
      };
    },
    open: (location, project, times = leaseTimes) =>
      stateStore(stateBackend(databases.get(location)!, project, location), project, times),
    async corrupt(location, text) {
      await databases.get(location)!.write(session => session.run('update state_documents set document = $1', text));
    },
  };
}
