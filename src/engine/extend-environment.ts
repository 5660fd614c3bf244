import {expiryAfter, lifetimeOf} from './expiry.ts';
import {knownEnvironment} from './list-environments.ts';
import type {Session} from './session.ts';
import {UserError} from './spec/errors.ts';
import {updateOwn} from './update-own.ts';

/** `env extend`: when the environment expires from now on; never when absent. */
export interface ExtendedEnvironment {
  readonly environment: string;
  readonly expires?: string;
}

/**
 * Gives an environment a longer life, from now: the length told, which is its own from then on, or its whole one again;
 * `never` takes the end away. Errors: UserError `unknown-environment`, `no-lifetime`.
 */
export async function extendEnvironment(
  session: Session,
  {lifetimeMs, never, now}: {readonly lifetimeMs?: number; readonly never: boolean; readonly now: Date},
): Promise<ExtendedEnvironment> {
  const {environment, store} = session;
  const known = knownEnvironment(await store.read(), environment);
  const lives = never ? undefined : (lifetimeMs ?? lifetimeOf(session, known));
  if (lives === undefined && !never) {
    throw new UserError({
      code: 'no-lifetime',
      message: `environment "${environment}" does not expire, and no length of time was told`,
      hint: `niyanta env extend ${environment} --expires 72h`,
    });
  }
  const expires =
    lives === undefined ? undefined : expiryAfter(lives, now.toISOString(), lifetimeMs ?? known.expires?.lifetimeMs);
  await updateOwn(store, lock => {
    const state = {...knownEnvironment(lock, environment), expires};
    return {...lock, environments: {...lock.environments, [environment]: state}};
  });
  return {environment, ...(expires ? {expires: expires.at} : {})};
}
