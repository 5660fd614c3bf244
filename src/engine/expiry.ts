import type {Session} from './session.ts';
import {ruleFor} from './spec/environment-rules.ts';
import type {EnvironmentState, Expiry} from './state/lock-file.ts';

/** How long an environment lives after an apply, milliseconds: as it was made, else as niyanta.yaml's rule says. */
export const lifetimeOf = (
  {project, environment}: Pick<Session, 'project' | 'environment'>,
  state: Pick<EnvironmentState, 'expires'> | undefined,
): number | undefined => state?.expires?.lifetimeMs ?? ruleFor(project.environments, environment)?.expiresMs;

/** Each apply gives an environment its whole life again. `at`: RFC 3339. */
export function renewed(
  session: Pick<Session, 'project' | 'environment'>,
  state: Pick<EnvironmentState, 'expires'> | undefined,
  at: string,
): {readonly expires?: Expiry | undefined} {
  const lifetimeMs = lifetimeOf(session, state);
  if (lifetimeMs === undefined) return {expires: undefined};
  return {expires: expiryAfter(lifetimeMs, at, state?.expires?.lifetimeMs)};
}

/** The end of a life that begins at `at`; `own` when its length was said of this environment alone. */
export const expiryAfter = (lifetimeMs: number, at: string, own?: number): Expiry => ({
  at: new Date(Date.parse(at) + lifetimeMs).toISOString(),
  ...(own === undefined ? {} : {lifetimeMs: own}),
});

export const isExpired = ({expires}: Pick<EnvironmentState, 'expires'>, now: Date): boolean =>
  expires !== undefined && Date.parse(expires.at) <= now.getTime();
