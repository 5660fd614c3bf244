import {readFile} from 'node:fs/promises';
import {createSecureContext} from 'node:tls';
import {UserError} from '../spec/errors.ts';

export interface Tls {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface TlsFiles {
  /** PEM, with what is between it and the root. */
  readonly cert: string;
  readonly key: string;
}

/** Errors: UserError `tls-invalid`: a file cannot be read, or the two do not belong together. */
export async function readTls({cert, key}: TlsFiles): Promise<Tls> {
  try {
    const read = {cert: await readFile(cert), key: await readFile(key)};
    createSecureContext(read);
    return read;
  } catch (cause) {
    const message = `TLS is not possible with ${cert} and ${key}: ${(cause as Error).message}`;
    throw new UserError({code: 'tls-invalid', message, hint: 'Give a certificate and its key, both PEM.', cause});
  }
}
