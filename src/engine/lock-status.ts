import type {Session} from './session.ts';
import type {EnvironmentName} from './spec/stack.ts';
import type {LeaseHolder} from './state/store.ts';

/** An environment and who may change it now; no holder when it is free. */
export interface EnvironmentLock {
  readonly environment: EnvironmentName;
  readonly holder?: LeaseHolder;
}

/** Who holds the session's environment. */
export async function lockStatus({store, environment}: Session): Promise<EnvironmentLock> {
  return {environment, holder: await store.holder(environment)};
}
