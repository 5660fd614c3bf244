import {UserError} from '../../spec/errors.ts';

/** What an issuer gave. */
export interface Tokens {
  /** Goes to the server as a key does. */
  readonly token: string;
  /** Absent: when the token ends, a person logs in again. */
  readonly refresh?: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** An hour, where nothing is said: the server says when it is over. */
const UNKNOWN_S = 3600;

/** Of an answer of the token endpoint. Errors: UserError `login-refused` when there is no such token in it. */
export function tokensOf(
  body: Readonly<Record<string, unknown>>,
  which: 'access' | 'id',
  now: number,
  before?: Pick<Tokens, 'refresh'>,
): Tokens {
  const token = which === 'id' ? body.id_token : body.access_token;
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) {
    throw new UserError({
      code: 'login-refused',
      message: `the issuer gave no ${which} token`,
      hint: 'oidc.login in the settings of the server says which token it takes (token) and for what (scope).',
    });
  }
  const refresh = typeof body.refresh_token === 'string' ? body.refresh_token : before?.refresh;
  const seconds = Number(body.expires_in ?? UNKNOWN_S);
  const expiresAt = endOf(token) ?? now + (Number.isFinite(seconds) ? seconds : UNKNOWN_S) * 1000;
  return {token, ...(refresh !== undefined && {refresh}), expiresAt};
}

/** `exp` of a JWT, which its server checks; not trusted here for more than when to ask for another. */
function endOf(token: string): number | undefined {
  try {
    const {exp} = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {exp?: unknown};
    return typeof exp === 'number' ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
