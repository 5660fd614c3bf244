import type {components} from '../client/api.d.ts';
import type {DevicePrompt} from '../client/login/device-flow.ts';
import type {LoggedIn} from '../client/login/log-in.ts';
import type {LoggedOut} from '../client/login/log-out.ts';
import type {View} from './look.ts';
import {printable} from './printable.ts';

type Caller = components['schemas']['Caller'];

/** What somebody has to do who logs in. */
export const promptText = ({verificationUri, userCode, complete, expiresIn}: DevicePrompt): string =>
  [
    `Open ${printable(complete ?? verificationUri)}`,
    `and confirm the code ${printable(userCode)}${expiresIn > 0 ? ` within ${Math.ceil(expiresIn / 60)} min` : ''}.`,
  ].join('\n');

/** `login`. */
export const loginView: View<LoggedIn> = {
  text: ({server, caller, renewed, expiresAt}) =>
    [
      `Logged in to ${printable(server)} as ${whoText(caller)}.`,
      ...(renewed ? [] : [`The issuer lets nothing be renewed: log in again after ${expiresAt}.`]),
    ].join('\n'),
};

/** `logout`. */
export const logoutView: View<LoggedOut> = {
  text: ({server, revoked}) =>
    `Logged out of ${printable(server)}.${revoked ? '' : ' The issuer was not told: it cannot be, or did not answer.'}`,
};

/** `whoami`. */
export const callerView: View<Caller & {readonly server: string; readonly by: 'key' | 'login'}> = {
  text: ({server, by, ...caller}) =>
    `${whoText(caller)}, at ${printable(server)} by ${by === 'key' ? 'NIYANTA_API_KEY' : 'a login'}`,
};

function whoText({name, role, customer, scopes}: Caller): string {
  const whose = customer === undefined ? '' : ` of ${printable(customer)}`;
  return `${printable(name)} (${role}${whose}${scopes ? `; only ${printable(scopes.join(', '))}` : ''})`;
}
