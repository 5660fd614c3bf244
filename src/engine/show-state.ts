import type {Session} from './session.ts';
import type {LockFile} from './state/lock-file.ts';

/** The lock file as it is, checked. */
export async function showState({store}: Session): Promise<LockFile> {
  return await store.read();
}
