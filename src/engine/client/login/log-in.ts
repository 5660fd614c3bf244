import {UserError} from '../../spec/errors.ts';
import type {components} from '../api.d.ts';
import {answerOf, apiClient} from '../api-client.ts';
import {type DeviceFlowParts, deviceFlow} from './device-flow.ts';
import {writeLogin} from './logins.ts';

/** As whom, and until when without asking again. */
export interface LoggedIn {
  readonly server: string;
  readonly issuer: string;
  readonly caller: components['schemas']['Caller'];
  /** RFC 3339: of the token that there is now. */
  readonly expiresAt: string;
  /** Whether it is renewed by itself. */
  readonly renewed: boolean;
}

/**
 * Logs a person in to a server and keeps the login. Nothing is kept of one that the server does not take. Errors:
 * UserError `no-login`, those of `deviceFlow`, those that the server answers with.
 */
export async function logIn(server: string, file: string, parts: DeviceFlowParts): Promise<LoggedIn> {
  const {login: offer} = await answerOf(apiClient({server, key: 'none'}).api.GET('/v1/login'));
  if (!offer) {
    throw new UserError({
      code: 'no-login',
      message: `nobody logs in to ${server}: it takes API keys`,
      hint: 'Set NIYANTA_API_KEY; whoever runs it can say how people log in (oidc.login in its settings).',
    });
  }
  const tokens = await deviceFlow(offer, parts);
  const caller = await answerOf(apiClient({server, key: tokens.token}).api.GET('/v1/whoami'));
  await writeLogin(file, server, {...offer, ...tokens});
  const expiresAt = new Date(tokens.expiresAt).toISOString();
  return {server, issuer: offer.issuer, caller, expiresAt, renewed: tokens.refresh !== undefined};
}
