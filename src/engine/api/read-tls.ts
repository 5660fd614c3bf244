import {X509Certificate} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {createSecureContext} from 'node:tls';
import {UserError} from '../spec/errors.ts';

export interface Tls {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Roots of clients' certificates; absent: clients are not asked for one. */
  readonly ca?: Buffer;
  readonly requestCert?: boolean;
  /** Whether a connection without a good one is refused. */
  readonly rejectUnauthorized?: boolean;
}

export interface TlsFiles {
  /** PEM, with what is between it and the root. */
  readonly cert: string;
  readonly key: string;
  readonly clientCa?: string;
  /** `optional` when absent. */
  readonly clientAuth?: 'optional' | 'required';
}

/** Errors: UserError `tls-invalid`: a file cannot be read, or the two do not belong together. */
export async function readTls({cert, key, clientCa, clientAuth}: TlsFiles): Promise<Tls> {
  try {
    const read = {cert: await readFile(cert), key: await readFile(key)};
    createSecureContext(read);
    if (clientCa === undefined) return read;
    const ca = await readFile(clientCa);
    // Also what is no certificate at all is taken as roots by OpenSSL: none, then.
    new X509Certificate(ca);
    createSecureContext({...read, ca});
    return {...read, ca, requestCert: true, rejectUnauthorized: clientAuth === 'required'};
  } catch (cause) {
    const files = [cert, key, ...(clientCa === undefined ? [] : [clientCa])].join(', ');
    const message = `TLS is not possible with ${files}: ${(cause as Error).message}`;
    throw new UserError({code: 'tls-invalid', message, hint: 'Give a certificate and its key, both PEM.', cause});
  }
}
