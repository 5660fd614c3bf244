import type {PeerCertificate} from 'node:tls';
import type {ClientCertificate} from './client-certificates.ts';

/** Of a certificate that the TLS layer has found good; undefined when the client has shown none. */
export function namedCertificate({subject, subjectaltname}: PeerCertificate): ClientCertificate | undefined {
  // Node writes a name with a comma or a quote in it as JSON, so that none can be made to look like two.
  const alternatives = [...(subjectaltname ?? '').matchAll(/(URI|DNS):("(?:[^"\\]|\\.)*"|[^,"]+)(?:, |$)/g)];
  const of = (kind: string) => alternatives.flatMap(([, its, text]) => (its === kind ? [plain(text!)] : []));
  const common = subject?.CN;
  const names = [...of('URI'), ...of('DNS'), ...(typeof common === 'string' ? [common] : [])];
  return subject ? {names} : undefined;
}

const plain = (text: string): string => (text.startsWith('"') ? (JSON.parse(text) as string) : text);
