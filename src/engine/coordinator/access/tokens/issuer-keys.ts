import {createRemoteJWKSet, customFetch, type RemoteJWKSet} from 'jose';
import {OutsideError} from '../../../spec/errors.ts';
import type {OidcSettings} from '../../../spec/server/server-settings.ts';

type Issuer = Pick<OidcSettings, 'issuer' | 'keysMaxAge' | 'keysWhenAway'>;

export interface IssuerReach {
  readonly fetch: typeof fetch;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const TIMEOUT_MS = 5000;
/** Tokens signed with keys that nobody knows make us ask at most this often; so does an issuer that does not answer. */
export const ASK_AGAIN_MS = 10_000;
const LARGEST = 1024 * 1024;

interface Last {
  readonly text: string;
  readonly at: number;
}

/**
 * The public keys of an issuer, found by discovery (OpenID Connect Discovery 1.0) and asked for again when they are old, or
 * when a token names one that is not among them. While the issuer does not answer, its last keys go on for `keysWhenAway`.
 * Errors of asking for a key: JOSEError (there is no such key), OutsideError `issuer-unreachable` (transient).
 */
export function issuerKeys({issuer, keysMaxAge, keysWhenAway}: Issuer, {fetch: ask, now}: IssuerReach): RemoteJWKSet {
  const discovery = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  let last: Last | undefined;
  let failed: {readonly at: number; readonly error: unknown} | undefined;

  async function keys(signal: AbortSignal): Promise<string> {
    const found = JSON.parse(await textAt(discovery, signal)) as {issuer?: unknown; jwks_uri?: unknown};
    if (found.issuer !== issuer) throw new Error(`${discovery} is of the issuer ${String(found.issuer).slice(0, 200)}`);
    const address = String(found.jwks_uri);
    // What came over TLS must not lead to keys that do not.
    if (!URL.canParse(address) || (issuer.startsWith('https:') && !address.startsWith('https:')))
      throw new Error(`${discovery} names no address of its keys that can be trusted`);
    return textAt(address, signal);
  }

  async function textAt(url: string, signal: AbortSignal): Promise<string> {
    const answer = await ask(url, {signal, redirect: 'error', headers: {Accept: 'application/json'}});
    if (answer.status !== 200) throw new Error(`${url} answers ${answer.status}`);
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of answer.body ?? []) {
      text += decoder.decode(chunk, {stream: true});
      if (text.length > LARGEST) throw new Error(`${url} answers more than ${LARGEST} bytes`);
    }
    return text;
  }

  async function newest(signal: AbortSignal): Promise<string> {
    if (failed && now() - failed.at < ASK_AGAIN_MS) return lastKnown(failed.error);
    try {
      const text = await keys(signal);
      if (!isKeySet(JSON.parse(text))) throw new Error('what it calls its keys are none');
      last = {text, at: now()};
      failed = undefined;
      return text;
    } catch (error) {
      failed = {at: now(), error};
      return lastKnown(error);
    }
  }

  function lastKnown(error: unknown): string {
    if (last && now() - last.at <= keysMaxAge + keysWhenAway) return last.text;
    throw new OutsideError({
      code: 'issuer-unreachable',
      message: `the issuer ${issuer} does not tell its keys: ${wordsOf(error)}`,
      hint: 'Is the address right, and reachable from here? API keys work meanwhile.',
      transient: true,
      cause: error,
    });
  }

  return createRemoteJWKSet(new URL(discovery), {
    timeoutDuration: TIMEOUT_MS,
    cooldownDuration: Math.min(ASK_AGAIN_MS, keysMaxAge),
    cacheMaxAge: keysMaxAge,
    [customFetch]: async (_, {signal}) => new Response(await newest(signal)),
  });
}

const isKeySet = (found: unknown): boolean => {
  const {keys} = (found ?? {}) as {keys?: unknown};
  return Array.isArray(keys) && keys.every(key => typeof key === 'object' && key !== null);
};

function wordsOf(error: unknown): string {
  const {message, cause} = error as {message?: string; cause?: {message?: string}};
  return [message ?? String(error), cause?.message].filter(Boolean).join(': ');
}
