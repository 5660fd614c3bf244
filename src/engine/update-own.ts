import {UserError} from './spec/errors.ts';
import type {LockFile} from './state/lock-file.ts';
import type {StateStore} from './state/store.ts';

/**
 * Writes to an environment whose lease is held. Another environment's change may have raised the serial meanwhile;
 * it does not touch this one, so the write is made on top of it.
 */
export async function updateOwn(store: StateStore, change: (lock: LockFile) => LockFile): Promise<LockFile> {
  for (;;) {
    const {serial} = await store.read();
    try {
      return await store.update(serial, change);
    } catch (error) {
      if (!(error instanceof UserError && error.code === 'stale-state')) throw error;
    }
  }
}
