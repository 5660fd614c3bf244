import createClient, {type Client} from 'openapi-fetch';
import type {components, paths} from './api.d.ts';
import {retryingFetch} from './retrying-fetch.ts';
import {serverProblem} from './server-problem.ts';

export type Schemas = components['schemas'];

/** Where a coordinator's API is, and with which key it is asked. */
export interface ServerAccess {
  /** `http://127.0.0.1:8460`. */
  readonly server: string;
  /** `nyk_…`; goes into a header, nowhere else. */
  readonly key: string;
  /** A newer one in its place, where keys end while they are used: a token of a login. */
  readonly newerKey?: () => Promise<string | undefined>;
  /** Of every request of this client, so that lines of the server's log can be found; the server makes one otherwise. */
  readonly requestId?: string;
  /** W3C Trace Context that its requests are part of. */
  readonly traceparent?: string;
}

/** A coordinator's API: every operation of its OpenAPI document, typed, and what needs more than one request. */
export interface ApiClient {
  readonly access: ServerAccess;
  readonly api: Client<paths>;
  /** As the API asks, retried in the same way: for answers that are no JSON. */
  readonly fetch: typeof fetch;
}

/** Asks nothing yet. `sleep` waits between tries. */
export function apiClient(access: ServerAccess, sleep?: (ms: number) => Promise<void>): ApiClient {
  const authorized: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    request.headers.set('Authorization', `Bearer ${(await access.newerKey?.()) ?? access.key}`);
    if (access.requestId !== undefined) request.headers.set('X-Request-Id', access.requestId);
    if (access.traceparent !== undefined) request.headers.set('traceparent', access.traceparent);
    return retrying(request);
  };
  const retrying = retryingFetch({server: access.server, ...(sleep && {sleep})});
  return {access, api: createClient<paths>({baseUrl: access.server, fetch: authorized}), fetch: authorized};
}

/** The content of an answer. Errors: UserError or OutsideError, as the server's problem says. */
export async function answerOf<T>(
  asked: Promise<{readonly data?: T; readonly error?: unknown; readonly response: Response}>,
): Promise<T> {
  const {data, error, response} = await asked;
  if (!response.ok) throw serverProblem(response, error);
  return data as T;
}
