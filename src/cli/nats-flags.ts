import {resolve} from 'node:path';
import {Flags} from '@oclif/core';
import {UserError} from '../engine/spec/errors.ts';
import {type NatsSettings, natsSchema} from '../engine/spec/server/nats-schema.ts';

/** How NATS is reached, of `serve` and of `worker`. A user and password come by NIYANTA_NATS_USER and NIYANTA_NATS_PASSWORD. */
export const natsFlags = {
  nats: Flags.string({
    summary:
      'NATS with JetStream, for niyanta worker processes: nats://HOST:PORT or tls://HOST:PORT. NIYANTA_NATS_URL.',
    helpValue: 'URL',
  }),
  'nats-tls-ca': Flags.string({
    summary: "Roots of the broker's certificate, PEM. NIYANTA_NATS_TLS_CA.",
    helpValue: 'FILE',
  }),
  'nats-tls-cert': Flags.string({
    summary: 'Certificate by which the broker knows this process, PEM. NIYANTA_NATS_TLS_CERT.',
    helpValue: 'FILE',
  }),
  'nats-tls-key': Flags.string({summary: 'Key of that certificate, PEM. NIYANTA_NATS_TLS_KEY.', helpValue: 'FILE'}),
  'nats-credentials': Flags.string({
    summary: 'Credentials file of the broker (.creds). NIYANTA_NATS_CREDENTIALS.',
    helpValue: 'FILE',
  }),
};

type Told = {readonly [flag in keyof typeof natsFlags]?: string};

/** What flags and variables say of NATS. Errors: UserError `nats-missing`, `nats-invalid`. */
export function natsOf(flags: Told, cwd: string, env: NodeJS.ProcessEnv): NatsSettings {
  const url = flags.nats ?? env.NIYANTA_NATS_URL;
  if (url === undefined)
    throw new UserError({
      code: 'nats-missing',
      message: 'a worker is reached by NATS, and nothing says where that is',
      hint: 'Say --nats nats://HOST:PORT, or set NIYANTA_NATS_URL; see docs/WORKERS.md.',
    });
  const file = (flag: keyof Told, variable: string) => {
    const told = flags[flag] ?? env[variable];
    return told === undefined ? undefined : resolve(cwd, told);
  };
  const ca = file('nats-tls-ca', 'NIYANTA_NATS_TLS_CA');
  const cert = file('nats-tls-cert', 'NIYANTA_NATS_TLS_CERT');
  const key = file('nats-tls-key', 'NIYANTA_NATS_TLS_KEY');
  const credentials = file('nats-credentials', 'NIYANTA_NATS_CREDENTIALS');
  const tls = ca === undefined && cert === undefined && key === undefined ? undefined : {ca, cert, key};
  const {data, error} = natsSchema.safeParse({url, tls, credentials});
  if (data) return data;
  const [issue] = error.issues;
  const hint = 'See docs/WORKERS.md.';
  throw new UserError({code: 'nats-invalid', message: `nats.${issue?.path.join('.')} ${issue?.message}`, hint});
}
