import {OutsideError, UserError} from '../spec/errors.ts';
import {Exit} from '../spec/exit-codes.ts';
import type {HostName} from '../spec/stack.ts';
import type {Fence} from './fence-commands.ts';

/** The host refused a change: its number is `found`, `none` when it has forgotten it. */
export const fenced = (host: HostName, {scope, number}: Fence, what: string, found = 'another'): OutsideError =>
  new OutsideError({
    code: 'fenced',
    message:
      found === 'none'
        ? `${host} refused to ${what}: it no longer knows who may change ${scope} (its number ${number} is gone)`
        : `${host} refused to ${what}: someone else changes ${scope} since (the host's number is ${found}, ours was ${number})`,
    hint: 'Nothing more was changed. See who is at it with `niyanta lock status`; running the command again goes on from what is there.',
    host,
    exit: Exit.lockHeld,
  });

/** A new lease found a newer number: the state that it comes from is older than what the host has seen. */
export const stateBehind = (host: HostName, {scope, number}: Fence, found: number): OutsideError =>
  new OutsideError({
    code: 'fenced',
    message: `${host} was changed under number ${found} of ${scope}, and this state only knows of ${number - 1}: it is an old copy, or someone uses another one`,
    hint: 'Use the newest lock file, as the last apply left it. When there is none, make it from the hosts: niyanta state rebuild',
    host,
    exit: Exit.lockHeld,
  });

/** A coordinator serves the environment: it is changed through that one alone. */
export const servedElsewhere = (host: HostName, {scope}: Fence, address: string): UserError => {
  const [project, environment] = scope.split('.');
  return new UserError({
    code: 'served',
    message: `environment "${environment}" of ${project} is served by the coordinator at ${address}: it is changed through that one (says ${host})`,
    hint: `Give its address: --server ${address}, or NIYANTA_SERVER. When that coordinator is gone for good, remove its mark from every host: rm /var/lib/niyanta/fences/${scope}.served`,
    exit: Exit.lockHeld,
  });
};

/** What an earlier holder began on the host has not come to its end. */
export const stillBusy = (host: HostName, {scope}: Fence, doing: readonly string[], waitedMs: number): OutsideError =>
  new OutsideError({
    code: 'fence-busy',
    message: `${host}: an earlier change of ${scope} is still at it after ${Math.round(waitedMs / 1000)} s${doing.length > 0 ? `: ${doing.join(', ')}` : ''}`,
    hint: 'It can do nothing more once that has ended. Run the same command again then; if it hangs, look at the host: ps -ef | grep niyanta-changing',
    host,
    exit: Exit.lockHeld,
  });
