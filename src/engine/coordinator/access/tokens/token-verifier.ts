import {errors, type JWTPayload, jwtVerify, type RemoteJWKSet} from 'jose';
import {OutsideError} from '../../../spec/errors.ts';
import type {OidcSettings} from '../../../spec/server/server-settings.ts';
import {type IssuerReach, issuerKeys} from './issuer-keys.ts';
import {bearerOfClaims, type TokenBearer} from './token-claims.ts';

/** Why a token opens nothing. */
export type TokenRefused =
  | 'token-malformed'
  | 'token-algorithm'
  | 'token-key'
  | 'token-signature'
  | 'token-issuer'
  | 'token-audience'
  | 'token-expired'
  | 'token-not-yet'
  | 'token-claims'
  | 'token-role'
  | 'token-customer';

/** Longer ones are no tokens: they would only cost time. Letters. */
const LONGEST = 8192;
const FORM = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/;

/** Whether a text may be a token (a JWT) rather than an API key. */
export const looksLikeToken = (text: string): boolean => !text.startsWith('nyk_') && FORM.test(text);

/** Finds out whose a token of the issuer is. Nothing that the token itself says is believed before its signature. */
export class TokenVerifier {
  readonly settings: OidcSettings;
  readonly #keys: RemoteJWKSet;
  readonly #now: () => number;

  constructor(settings: OidcSettings, reach: IssuerReach = {fetch, now: Date.now}) {
    this.settings = settings;
    this.#keys = issuerKeys(settings, reach);
    this.#now = reach.now;
  }

  /** Errors: OutsideError `issuer-unreachable` while no key of the issuer is known. */
  async identify(token: string): Promise<TokenBearer | TokenRefused> {
    if (token.length > LONGEST) return 'token-malformed';
    try {
      return bearerOfClaims(await this.#verified(token), this.settings);
    } catch (error) {
      return refusedBy(error);
    }
  }

  async #verified(token: string): Promise<JWTPayload> {
    const {issuer, audience, algorithms, clockTolerance} = this.settings;
    const {payload} = await jwtVerify(token, this.#keys, {
      issuer,
      audience,
      algorithms,
      clockTolerance: clockTolerance / 1000,
      requiredClaims: ['exp', 'sub'],
      currentDate: new Date(this.#now()),
    });
    return payload;
  }
}

function refusedBy(error: unknown): TokenRefused {
  if (error instanceof OutsideError) throw error;
  // The key that it names is of a kind that nothing can be signed with.
  if (!(error instanceof errors.JOSEError)) return 'token-key';
  if (error instanceof errors.JWTExpired) return 'token-expired';
  if (error instanceof errors.JWTClaimValidationFailed) return BY_CLAIM[error.claim] ?? 'token-claims';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'token-algorithm';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'token-signature';
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) return 'token-key';
  return 'token-malformed';
}

const BY_CLAIM: Readonly<Record<string, TokenRefused>> = {
  iss: 'token-issuer',
  aud: 'token-audience',
  nbf: 'token-not-yet',
};
