import {openSqlite} from './sqlite/sqlite-database.ts';
import type {Store} from './store.ts';
import {type StoreSettings, storeOf} from './verbs-of.ts';

/**
 * A store in a folder of this machine, for one coordinator; made when it is not there. Errors: OutsideError `data-in-use`
 * (another process has it), `data-unreadable`, `database-newer`.
 */
export async function openSqliteStore(folder: string, settings: StoreSettings): Promise<Store> {
  return storeOf(await openSqlite(folder), settings);
}
