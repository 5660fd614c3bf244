export {openPostgresStore, openSqliteStore} from './open-store.ts';
export type * from './store.ts';
export type {StoreSettings} from './verbs-of.ts';
