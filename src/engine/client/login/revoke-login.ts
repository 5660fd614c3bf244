import {discover, post} from './issuer.ts';
import type {Login} from './logins.ts';

/** Has the issuer forget the login (RFC 7009). False: it cannot, or did not. Errors: the reason of the signal. */
export async function revokeLogin(
  {issuer, clientId, refresh}: Pick<Login, 'issuer' | 'clientId' | 'refresh'>,
  signal: AbortSignal,
): Promise<boolean> {
  if (refresh === undefined) return false;
  try {
    const {revocation} = await discover(issuer, signal);
    if (revocation === undefined) return false;
    const form = {token: refresh, token_type_hint: 'refresh_token', client_id: clientId};
    return (await post(revocation, form, signal)).ok;
  } catch {
    // What is here is forgotten all the same; the answer says that the issuer does not know.
    signal.throwIfAborted();
    return false;
  }
}
