import {randomUUID} from 'node:crypto';
import {Flags} from '@oclif/core';
import type {ApiClient} from '../../engine/client/api-client.ts';
import {UserError} from '../../engine/spec/errors.ts';

/** Which coordinator. The key comes from NIYANTA_API_KEY alone: what is typed is seen by whoever lists processes. */
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
export async function openServer({server}: {readonly server: string}): Promise<ApiClient> {
  const key = process.env.NIYANTA_API_KEY ?? '';
  if (!/^https?:\/\/[^\s/]+/.test(server) || !URL.canParse(server)) {
    const hint = 'Write for example --server http://127.0.0.1:8460.';
    throw new UserError({
      code: 'server-invalid',
      message: `${JSON.stringify(server)} is not an address of a server`,
      hint,
    });
  }
  if (!/^[\x21-\x7e]+$/.test(key)) {
    const hint = 'The first `niyanta serve` printed an admin key; `niyanta key add` makes more.';
    throw new UserError({code: 'no-api-key', message: 'NIYANTA_API_KEY is not set, or is no key', hint});
  }
  const {apiClient} = await import('../../engine/client/api-client.ts');
  const {TRACEPARENT: traceparent} = process.env;
  const origin = {requestId: randomUUID(), ...(isTraceparent(traceparent) && {traceparent})};
  return apiClient({server: server.replace(/\/+$/, ''), key, ...origin});
}

/** Whoever runs this in a trace of its own (CI) says so in the usual variable. */
const isTraceparent = (text: string | undefined): text is string => /^[0-9a-f]{2}(-[0-9a-f]+){3}$/.test(text ?? '');
