import {UserError} from '../../spec/errors.ts';
import {readLogin, writeLogin} from './logins.ts';
import {revokeLogin} from './revoke-login.ts';

export interface LoggedOut {
  readonly server: string;
  /** Whether the issuer forgot the login, too; a token that is out goes on until its end. */
  readonly revoked: boolean;
}

/** Forgets a login. Errors: UserError `not-logged-in`, `logins-invalid`. */
export async function logOut(server: string, file: string, signal: AbortSignal): Promise<LoggedOut> {
  const login = await readLogin(file, server);
  if (!login) {
    throw new UserError({
      code: 'not-logged-in',
      message: `nobody is logged in to ${server}`,
      hint: 'niyanta login does.',
    });
  }
  const revoked = await revokeLogin(login, signal);
  await writeLogin(file, server, undefined);
  return {server, revoked};
}
