export {openFileStore} from './file-store.ts';
export type {EnvironmentState, HistoryEntry, LockFile, PinnedReference, Placement} from './lock-file.ts';
export {emptyLockFile, formatLockFile, parseLockFile} from './lock-file-schema.ts';
export type {Lease, LeaseHolder, StateStore} from './store.ts';
