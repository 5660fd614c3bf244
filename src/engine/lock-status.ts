import type {Session} from './session.ts';
import type {EnvironmentName} from './spec/stack.ts';
import type {LeaseHolder, Waiter} from './state/store.ts';

/** An environment, who may change it now (nobody when it is free), and who waits for it. */
export interface EnvironmentLock {
  readonly environment: EnvironmentName;
  readonly holder?: LeaseHolder;
  /** Next first. */
  readonly queue: readonly Waiter[];
}

/** Who holds the session's environment, and who waits for it. */
export async function lockStatus({store, environment}: Session): Promise<EnvironmentLock> {
  const [holder, queue] = await Promise.all([store.holder(environment), store.queue(environment)]);
  return {environment, holder, queue};
}
