import {UserError} from '../../spec/errors.ts';
import {refused} from './device-flow.ts';
import {discover, post} from './issuer.ts';
import {changeLogin, type Login, readLogin} from './logins.ts';
import {tokensOf} from './tokens.ts';

/** A token that ends so soon is asked for anew: a request, and the clocks, need some time. */
const SOON_MS = 60_000;

/**
 * The token of whoever is logged in to a server, renewed when it is about to end; undefined: nobody is. Errors: UserError
 * `login-over` when a person has to log in again; OutsideError `issuer-unreachable`.
 */
export async function currentToken(
  file: string,
  server: string,
  {now, signal}: {readonly now: () => number; readonly signal: AbortSignal},
): Promise<string | undefined> {
  const good = ({expiresAt, refresh}: Login) =>
    now() < expiresAt - SOON_MS || (refresh === undefined && now() < expiresAt);
  const login = await readLogin(file, server);
  if (!login || good(login)) return login?.token;
  const renewed = await changeLogin(file, server, async newest => {
    if (!newest || good(newest)) return newest;
    return renewedLogin(newest, server, now, signal);
  });
  return renewed?.token;
}

async function renewedLogin(login: Login, server: string, now: () => number, signal: AbortSignal): Promise<Login> {
  const {issuer, clientId, parameters, refresh} = login;
  if (refresh === undefined) throw over(server);
  const endpoints = await discover(issuer, signal);
  const form = {...parameters, grant_type: 'refresh_token', refresh_token: refresh, client_id: clientId};
  const answer = await post(endpoints.token, form, signal);
  if (answer.body.error === 'invalid_grant') throw over(server);
  if (!answer.ok) throw refused(issuer, answer);
  return {...login, ...tokensOf(answer.body, login.accepts, now(), login)};
}

const over = (server: string) =>
  new UserError({
    code: 'login-over',
    message: `the login to ${server} is over`,
    hint: `Run niyanta login --server ${server} again.`,
  });
