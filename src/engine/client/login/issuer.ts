import {OutsideError, UserError} from '../../spec/errors.ts';

/** What of an issuer's discovery document (OpenID Connect Discovery, RFC 8414) a login needs. */
export interface IssuerEndpoints {
  readonly deviceAuthorization: string;
  readonly token: string;
  /** Absent where tokens cannot be revoked. */
  readonly revocation?: string;
}

/** What an endpoint answers; `error` of RFC 6749 when it refuses. */
export interface EndpointAnswer {
  readonly ok: boolean;
  readonly body: Readonly<Record<string, unknown>>;
}

const TIMEOUT_MS = 20_000;
const LARGEST = 1024 * 1024;

/** Errors: OutsideError `issuer-unreachable`; UserError `login-not-possible`. */
export async function discover(issuer: string, signal: AbortSignal): Promise<IssuerEndpoints> {
  const {ok, body} = await ask(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {signal});
  if (!ok || body.issuer !== issuer) throw unreachable(issuer, 'it does not say what it can do');
  const token = endpoint(body.token_endpoint, issuer);
  const deviceAuthorization = endpoint(body.device_authorization_endpoint, issuer);
  if (token === undefined || deviceAuthorization === undefined) {
    throw new UserError({
      code: 'login-not-possible',
      message: `the issuer ${issuer} does not let devices log in (RFC 8628)`,
      hint: 'Switch the device authorization grant on there, or use an API key in NIYANTA_API_KEY.',
    });
  }
  const revocation = endpoint(body.revocation_endpoint, issuer);
  return {deviceAuthorization, token, ...(revocation !== undefined && {revocation})};
}

/** Errors: OutsideError `issuer-unreachable`; the reason of the signal. */
export const post = (
  url: string,
  form: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<EndpointAnswer> => ask(url, {method: 'POST', body: new URLSearchParams(form), signal});

async function ask(url: string, init: RequestInit & {readonly signal: AbortSignal}): Promise<EndpointAnswer> {
  const signal = AbortSignal.any([init.signal, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    const answer = await fetch(url, {...init, signal, redirect: 'error', headers: {Accept: 'application/json'}});
    const text = await answer.text();
    if (text.length > LARGEST) throw new Error('it answers too much');
    const body: unknown = text === '' ? {} : JSON.parse(text);
    if (typeof body !== 'object' || body === null) throw new Error('it answers no JSON object');
    return {ok: answer.ok, body: body as EndpointAnswer['body']};
  } catch (error) {
    init.signal.throwIfAborted();
    throw unreachable(new URL(url).origin, (error as Error).message, error);
  }
}

/** Secrets go there: over TLS, or not beyond this machine. */
function endpoint(given: unknown, issuer: string): string | undefined {
  if (typeof given !== 'string' || !URL.canParse(given)) return undefined;
  const {protocol} = new URL(given);
  return protocol === 'https:' || protocol === new URL(issuer).protocol ? given : undefined;
}

const unreachable = (who: string, why: string, cause?: unknown): OutsideError =>
  new OutsideError({
    code: 'issuer-unreachable',
    message: `the issuer ${who} does not answer as it should: ${why}`,
    hint: 'Is it reachable from here? API keys (NIYANTA_API_KEY) work meanwhile.',
    transient: true,
    cause,
  });
