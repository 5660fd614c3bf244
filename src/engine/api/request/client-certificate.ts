import type {Socket} from 'node:net';
import {TLSSocket} from 'node:tls';
import {type ClientCertificate, namedCertificate} from '../../coordinator/access/index.ts';

/** A connection shows one certificate for all of its requests. */
const known = new WeakMap<Socket, ClientCertificate | 'none'>();

/** The certificate that a client has shown on this connection, if it is of a root that is trusted here. */
export function certificateOf(socket: Socket): ClientCertificate | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const found = known.get(socket) ?? namedCertificate(socket.getPeerCertificate()) ?? 'none';
  known.set(socket, found);
  return found === 'none' ? undefined : found;
}
