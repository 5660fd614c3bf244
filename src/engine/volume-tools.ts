import {actionsWithoutImages} from './actions-without-images.ts';
import type {BackupTools} from './back-up-volume.ts';
import type {Change} from './change-environment.ts';
import type {Actions} from './executor/actions.ts';
import type {Traffic} from './executor/traffic.ts';
import type {ObservedHost} from './runtime/observed.ts';
import type {StackSession} from './session.ts';
import {routeSecrets, trafficNow} from './traffic-now.ts';

/** What the commands about volumes work with, under the lease. */
export interface VolumeTools extends BackupTools {
  readonly session: StackSession;
  readonly actions: Actions;
  readonly ledger: Traffic;
  readonly signal: AbortSignal;
  readonly observed: readonly ObservedHost[];
}

/** The tools of one change. */
export async function volumeTools(
  session: StackSession,
  {fleet, signal}: Change,
  now: () => Date,
): Promise<VolumeTools> {
  const lock = await session.store.read();
  const secrets = await routeSecrets(session, fleet.observed);
  const actions = actionsWithoutImages(fleet, {secrets, serial: lock.serial, limitPerHost: 4, now});
  return {
    session,
    stack: session.stack.name,
    connection: fleet.connection,
    changing: fleet.changing,
    actions,
    ledger: trafficNow(fleet.observed, session, lock, actions),
    signal,
    observed: fleet.observed,
    now,
  };
}
