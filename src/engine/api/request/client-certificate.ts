import type {Socket} from 'node:net';
import {type PeerCertificate, TLSSocket} from 'node:tls';
import type {ClientCertificate} from '../../coordinator/access/index.ts';

/** A connection shows one certificate for all of its requests. */
const known = new WeakMap<Socket, ClientCertificate | 'none'>();

/** The certificate that a client has shown on this connection, if it is of a root that is trusted here. */
export function certificateOf(socket: Socket): ClientCertificate | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const found = known.get(socket) ?? named(socket.getPeerCertificate());
  known.set(socket, found);
  return found === 'none' ? undefined : found;
}

function named({subject, subjectaltname}: PeerCertificate): ClientCertificate | 'none' {
  // Node writes a name with a comma or a quote in it as JSON, so that none can be made to look like two.
  const alternatives = [...(subjectaltname ?? '').matchAll(/(URI|DNS):("(?:[^"\\]|\\.)*"|[^,"]+)(?:, |$)/g)];
  const of = (kind: string) => alternatives.flatMap(([, its, text]) => (its === kind ? [plain(text!)] : []));
  const common = subject?.CN;
  const names = [...of('URI'), ...of('DNS'), ...(typeof common === 'string' ? [common] : [])];
  return subject ? {names} : 'none';
}

const plain = (text: string): string => (text.startsWith('"') ? (JSON.parse(text) as string) : text);
