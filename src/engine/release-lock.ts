import type {Session} from './session.ts';
import type {LeaseHolder} from './state/store.ts';

/** Breaks the lease on the session's environment; its holder can write no more. Returns whom it was taken from. */
export async function releaseLock({store, environment}: Session): Promise<LeaseHolder | undefined> {
  return await store.release(environment);
}
