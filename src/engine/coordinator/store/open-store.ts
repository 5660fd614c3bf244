import type {PostgresLocation} from '../../spec/state-location.ts';
import type {Env} from '../../state/postgres/connection.ts';
import type {Secrets} from '../../state/secrets.ts';
import {openPostgres} from './postgres/postgres-database.ts';
import {openSqlite} from './sqlite/sqlite-database.ts';
import {openStates} from './states/open-states.ts';
import type {Store} from './store.ts';
import {type StoreSettings, storeOf} from './verbs-of.ts';

/**
 * A store in a folder of this machine, for one coordinator; made when it is not there. Errors: OutsideError `data-in-use`
 * (another process has it), `data-unreadable`, `database-newer`.
 */
export async function openSqliteStore(folder: string, settings: StoreSettings): Promise<Store> {
  const database = await openSqlite(folder);
  return {...storeOf(database, settings), states: openStates(database, folder)};
}

/**
 * A store in PostgreSQL, for any number of coordinators; its tables are made when they are not there. The password may hold
 * `${secret:NAME}`; `env` are libpq's variables. Errors: OutsideError `database-refused`, `database-unreachable`
 * (transient), `database-newer`, `database-too-old`, `database-not-durable`.
 */
export async function openPostgresStore(
  location: PostgresLocation,
  settings: StoreSettings,
  {secrets, env}: {readonly secrets: Secrets; readonly env: Env},
): Promise<Store> {
  return storeOf(await openPostgres(location, secrets, env), settings);
}
