import {UserError} from '../../spec/errors.ts';
import {discover, type EndpointAnswer, type IssuerEndpoints, post} from './issuer.ts';
import {type Tokens, tokensOf} from './tokens.ts';

/** How people log in to a server, as it tells. */
export interface LoginOffer {
  readonly issuer: string;
  /** Id of a public client there. */
  readonly clientId: string;
  readonly scope: string;
  /** Which of the issuer's tokens the server takes. */
  readonly accepts: 'access' | 'id';
  /** Beside those of the standard: `resource`, `audience`. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** What a person has to do. */
export interface DevicePrompt {
  readonly verificationUri: string;
  readonly userCode: string;
  /** The address with the code in it. */
  readonly complete?: string;
  /** Seconds. */
  readonly expiresIn: number;
}

export interface DeviceFlowParts {
  readonly prompt: (prompt: DevicePrompt) => void;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const SLOWER_MS = 5000;

/**
 * Logs a person in who opens an address elsewhere (RFC 8628). Errors: UserError `login-denied`, `login-expired`,
 * `login-refused`, `login-not-possible`; OutsideError `issuer-unreachable`; the reason of the signal.
 */
export async function deviceFlow(offer: LoginOffer, parts: DeviceFlowParts): Promise<Tokens> {
  const endpoints = await discover(offer.issuer, parts.signal);
  const {clientId: client_id, scope, parameters} = offer;
  const began = await post(endpoints.deviceAuthorization, {...parameters, client_id, scope}, parts.signal);
  if (!began.ok) throw refused(offer.issuer, began);
  const {device_code: code, user_code, verification_uri, verification_uri_complete, interval} = began.body;
  const expiresIn = Number(began.body.expires_in ?? 0);
  const uri = addressOf(verification_uri);
  if (typeof code !== 'string' || typeof user_code !== 'string' || uri === undefined)
    throw refused(offer.issuer, began);
  const complete = addressOf(verification_uri_complete);
  parts.prompt({verificationUri: uri, userCode: user_code, ...(complete !== undefined && {complete}), expiresIn});
  const end = parts.now() + expiresIn * 1000;
  return polled(offer, endpoints, {code, everyMs: Number(interval ?? 5) * 1000, end}, parts);
}

async function polled(
  {issuer, clientId, parameters, accepts}: LoginOffer,
  endpoints: IssuerEndpoints,
  {code, everyMs: first, end}: {readonly code: string; readonly everyMs: number; readonly end: number},
  {sleep, now, signal}: DeviceFlowParts,
): Promise<Tokens> {
  for (let everyMs = first; ; ) {
    await sleep(everyMs, signal);
    const form = {...parameters, grant_type: GRANT, device_code: code, client_id: clientId};
    const answer = await post(endpoints.token, form, signal);
    if (answer.ok) return tokensOf(answer.body, accepts, now());
    const {error} = answer.body;
    if (error === 'slow_down') everyMs += SLOWER_MS;
    else if (error === 'access_denied') throw denied();
    else if (error === 'expired_token' || now() >= end) throw expired();
    else if (error !== 'authorization_pending') throw refused(issuer, answer);
  }
}

const addressOf = (given: unknown): string | undefined =>
  typeof given === 'string' && /^https?:/.test(given) && URL.canParse(given) ? given : undefined;

const denied = () =>
  new UserError({
    code: 'login-denied',
    message: 'the login was denied',
    hint: 'Run niyanta login again, and allow it.',
  });

const expired = () =>
  new UserError({
    code: 'login-expired',
    message: 'nobody confirmed the login in time',
    hint: 'Run niyanta login again; the code holds for some minutes.',
  });

/** Errors of an issuer are told by what it says, without what was sent. */
export function refused(issuer: string, {body}: EndpointAnswer): UserError {
  const {error, error_description: description} = body;
  const why = [error, description].filter(part => typeof part === 'string').join(': ') || 'it answers something else';
  return new UserError({
    code: 'login-refused',
    message: `the issuer ${issuer} refuses: ${why.slice(0, 500)}`,
    hint: 'What the server tells of its issuer (oidc.login in its settings) may be wrong; ask who runs it.',
  });
}
