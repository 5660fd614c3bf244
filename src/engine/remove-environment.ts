import type {ApplyEnd} from './apply-stack.ts';
import {type DestroyOptions, destroyStack} from './destroy-stack.ts';
import {isExpired} from './expiry.ts';
import {knownEnvironment} from './list-environments.ts';
import type {Session} from './session.ts';
import {updateOwn} from './update-own.ts';

export interface RemoveOptions extends DestroyOptions {
  /** Asked when nothing of it runs any more, so that there is no plan to agree to. */
  readonly confirmForget: (environment: string) => Promise<void>;
  /** Told of hosts that still have something of it: it is remembered until they answer. */
  readonly onRemembered: (hosts: readonly string[]) => void;
}

/** Names of the environments whose time is over, sorted. */
export async function expiredEnvironments({store}: Session, now: Date): Promise<readonly string[]> {
  const {environments} = await store.read();
  return Object.keys(environments)
    .filter(name => isExpired(environments[name]!, now))
    .sort();
}

/**
 * Destroys the session's environment and forgets it, with its history. Errors: UserError `unknown-environment`, and
 * those of `destroyStack`.
 */
export async function removeEnvironment(session: Session, options: RemoveOptions): Promise<ApplyEnd> {
  const {environment, store} = session;
  knownEnvironment(await store.read(), environment);
  const end = await destroyStack(session, options);
  const {outcome} = end.result;
  if (outcome !== 'applied' && outcome !== 'unchanged') return end;
  // Whoever applies it meanwhile is waited for, and what is there then counts.
  const lease = await store.acquire(environment, 'env rm', {
    waitMs: options.lockWaitMs,
    onWait: options.onWait,
    signal: options.signal,
  });
  try {
    const left = Object.values((await store.read()).environments[environment]?.placements ?? {}).flat();
    if (left.length > 0) {
      options.onRemembered([...new Set(left.map(({host}) => host))].sort());
      return end;
    }
    if (end.plan.operations.length === 0) await options.confirmForget(environment);
    const {serial} = await forget(session, lease.holder);
    return {...end, result: {...end.result, outcome: 'applied', serial}};
  } finally {
    await lease.release();
  }
}

/** So many names of environments that are gone. */
const rememberedNames = 200;

/** Takes an environment out of the state; its fencing number stays, for one of the same name. */
export const forget = (
  {store, environment}: Pick<Session, 'store' | 'environment'>,
  holding?: {readonly fence: number},
) =>
  updateOwn(store, lock => {
    const {[environment]: gone, ...environments} = lock.environments;
    const fenceFloor = Math.max(lock.fenceFloor ?? 0, gone?.fence ?? 0, holding?.fence ?? 0);
    const names = (lock.forgotten ?? []).filter(name => name !== environment);
    return {...lock, fenceFloor, forgotten: [...names, environment].slice(-rememberedNames), environments};
  });
