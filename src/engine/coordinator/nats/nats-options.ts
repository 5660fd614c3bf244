import {X509Certificate} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {isIP} from 'node:net';
import {checkServerIdentity, type PeerCertificate} from 'node:tls';
import {credsAuthenticator, type NodeConnectionOptions} from '@nats-io/transport-node';
import {UserError} from '../../spec/errors.ts';
import type {NatsSettings} from '../../spec/server/nats-schema.ts';

export interface NatsIdentity {
  readonly options: NodeConnectionOptions;
  /** Common name of the certificate by which the broker knows this process. */
  readonly commonName?: string;
}

/** Settings → options of nats, files read. Errors: UserError `nats-invalid` where a file is not what it should be. */
export async function natsOptions(
  {url, tls, credentials}: NatsSettings,
  env: Readonly<Record<string, string | undefined>>,
): Promise<NatsIdentity> {
  const servers = url.split(',').map(one => one.trim().replace(/^(?:nats|tls):\/\//, ''));
  const [ca, cert, key, creds] = await Promise.all([tls?.ca, tls?.cert, tls?.key, credentials].map(contentOf));
  const secure = tls !== undefined || /(?:^|,)\s*tls:/.test(url);
  const {NIYANTA_NATS_USER: user, NIYANTA_NATS_PASSWORD: pass} = env;
  const commonName = cert === undefined ? undefined : commonNameOf(cert, tls?.cert ?? '');
  return {
    ...(commonName !== undefined && {commonName}),
    options: {
      servers,
      ...(secure && {
        tls: {
          ...(ca !== undefined && {ca}),
          ...(cert !== undefined && {cert}),
          ...(key !== undefined && {key}),
          ...byAddress(servers),
        },
      }),
      ...(creds !== undefined && {authenticator: credsAuthenticator(Buffer.from(creds))}),
      ...(user !== undefined && {user, pass: pass ?? ''}),
    },
  };
}

/**
 * nats tells TLS no name when a server is written by its address, and TLS then looks for `localhost` in the certificate:
 * the addresses that were written are what has to stand in it.
 */
function byAddress(servers: readonly string[]): object {
  const addresses = servers.map(server => server.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')).filter(isIP);
  if (addresses.length === 0) return {};
  const checked = (host: string, certificate: PeerCertificate): Error | undefined => {
    const hosts = host === 'localhost' ? addresses : [host];
    const wrong = hosts.map(each => checkServerIdentity(each, certificate));
    return wrong.includes(undefined) ? undefined : wrong[0];
  };
  return {checkServerIdentity: checked};
}

async function contentOf(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw invalid(`${path} cannot be read: ${(cause as Error).message}`, cause);
  }
}

function commonNameOf(pem: string, path: string): string | undefined {
  try {
    return /^CN=(.+)$/m.exec(new X509Certificate(pem).subject)?.[1];
  } catch (cause) {
    throw invalid(`${path} holds no certificate`, cause);
  }
}

const invalid = (message: string, cause: unknown): UserError =>
  new UserError({code: 'nats-invalid', message, hint: 'See docs/WORKERS.md for what the broker needs.', cause});
