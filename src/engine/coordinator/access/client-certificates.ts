import type {TlsSettings} from '../../spec/server/server-settings.ts';

/** Certificate of a client, which the TLS layer has found to be of one of the trusted roots. */
export interface ClientCertificate {
  /** URIs, DNS names, common name, in this order. */
  readonly names: readonly string[];
}

/** What a client may do. */
export type ClientGrant = TlsSettings['clients'][string];

/** By the name in its certificate. */
export type ClientGrants = TlsSettings['clients'];

/** Of an API key, a token (text), or a certificate. */
export type Credential = string | ClientCertificate;

/** The first of its names that somebody wrote down. */
export function grantOf(
  {names}: ClientCertificate,
  grants: ClientGrants,
): (ClientGrant & {readonly name: string}) | undefined {
  const name = names.find(one => Object.hasOwn(grants, one));
  return name === undefined ? undefined : {...grants[name]!, name: `cert:${name}`};
}
