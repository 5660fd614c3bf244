import {OutsideError, UserError} from '../spec/errors.ts';
import {Exit} from '../spec/exit-codes.ts';
import type {EnvironmentName} from '../spec/stack.ts';
import type {LeaseHolder} from './store.ts';

/** A lease that is no longer ours; `cause` when it could not be renewed. */
export function leaseLost(environment: EnvironmentName, cause?: unknown): OutsideError {
  return new OutsideError({
    code: 'lease-lost',
    message: `the lease on environment "${environment}" was lost: ${cause === undefined ? 'someone else took it or broke it' : 'it could not be renewed'}`,
    hint: 'See who holds it with `niyanta lock status`; running the command again later goes on from what is there.',
    exit: Exit.lockHeld,
    cause,
  });
}

/** Another holds it; without a holder, others who came first wait for it. */
export function leaseHeld(environment: EnvironmentName, holder?: LeaseHolder): UserError {
  const who = holder
    ? `${holder.owner} (${holder.reason}, pid ${holder.pid} on ${holder.machine}) since ${holder.since}${howFar(holder)}`
    : 'others, who wait in line';
  return new UserError({
    code: 'lock-held',
    message: `environment "${environment}" is held by ${who}`,
    hint: 'Wait for it with --lock-wait 60s, or watch it with `niyanta events -f`. When that process is certainly gone, `niyanta lock release` breaks the lease.',
    exit: Exit.lockHeld,
  });
}

function howFar({progress}: LeaseHolder): string {
  if (!progress) return '';
  const {done, total, doing} = progress;
  return `, ${done} of ${total} done${doing === undefined ? '' : `, now ${doing}`}`;
}
