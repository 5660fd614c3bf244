import {randomUUID} from 'node:crypto';
import {Flags} from '@oclif/core';
import type {ApiClient} from '../../engine/client/api-client.ts';
import {UserError} from '../../engine/spec/errors.ts';

/**
 * Which coordinator. The key comes from NIYANTA_API_KEY, else from a login: what is typed is seen by whoever lists
 * processes.
 */
export const serverFlags = {
  server: Flags.string({
    summary: 'Address of the coordinator (niyanta serve).',
    helpValue: 'URL',
    default: 'http://127.0.0.1:8460',
    env: 'NIYANTA_SERVER',
  }),
};

/** For whom, with a key of the whole coordinator. */
export const customerFlag = Flags.string({summary: 'Customer, for keys of the whole coordinator.', helpValue: 'ID'});

/** Errors: UserError `no-api-key`, `server-invalid`. */
export async function openServer(flags: {readonly server: string}): Promise<ApiClient> {
  const server = serverAddress(flags.server);
  const {env} = process;
  const fromLogin = () => tokenOfLogin(server, env);
  const key = env.NIYANTA_API_KEY || ((await fromLogin()) ?? '');
  if (!/^[\x21-\x7e]+$/.test(key)) {
    const hint =
      'The first `niyanta serve` printed an admin key, `niyanta key add` makes more; `niyanta login` where people log in.';
    throw new UserError({code: 'no-api-key', message: 'NIYANTA_API_KEY is not set, or is no key', hint});
  }
  const {apiClient} = await import('../../engine/client/api-client.ts');
  const {TRACEPARENT: traceparent} = env;
  const origin = {requestId: randomUUID(), ...(isTraceparent(traceparent) && {traceparent})};
  return apiClient({server, key, ...(!env.NIYANTA_API_KEY && {newerKey: fromLogin}), ...origin});
}

/** Loaded only where it is needed; `undefined`: nobody is logged in there. */
async function tokenOfLogin(server: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const {currentToken} = await import('../../engine/client/login/current-token.ts');
  const {loginsFile} = await import('../../engine/client/login/logins.ts');
  return currentToken(loginsFile(env), server, {now: Date.now, signal: AbortSignal.timeout(60_000)});
}

/** Errors: UserError `server-invalid`. */
export function serverAddress(server: string): string {
  if (!/^https?:\/\/[^\s/]+/.test(server) || !URL.canParse(server)) {
    const hint = 'Write for example --server http://127.0.0.1:8460.';
    throw new UserError({
      code: 'server-invalid',
      message: `${JSON.stringify(server)} is not an address of a server`,
      hint,
    });
  }
  return server.replace(/\/+$/, '');
}

/** Whoever runs this in a trace of its own (CI) says so in the usual variable. */
const isTraceparent = (text: string | undefined): text is string => /^[0-9a-f]{2}(-[0-9a-f]+){3}$/.test(text ?? '');
