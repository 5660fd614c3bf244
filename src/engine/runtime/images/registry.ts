import type {Connection} from '../../hosts/connection.ts';
import {OutsideError} from '../../spec/errors.ts';
import {type ImageReference, parseReference} from './image-name.ts';
import {basic, challenge, type RegistryAccess, registryUrl} from './registry-access.ts';
import {imageNotFound, plainHttpExpected, registryUnreachable, unauthorized} from './registry-errors.ts';
import {type Response, requestThroughHost} from './request-through-host.ts';

const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/**
 * The digest that a reference means now, asked of the registry over the host's network. Changes nothing on the host.
 * Errors: OutsideError `image-not-found`, `registry-unauthorized`, `registry-unreachable`, `registry-plain-http`.
 */
export async function registryDigest(
  connection: Connection,
  reference: string,
  access: RegistryAccess = {http: false},
): Promise<string> {
  const image = parseReference(reference);
  if (image.digest !== undefined) return image.digest;
  const {digest} = await findManifest(connection, image, access);
  if (digest === undefined || !/^sha256:[a-f0-9]{64}$/.test(digest))
    throw registryUnreachable(connection.host, image, 'the registry does not say the digest');
  return digest;
}

/**
 * Asks for the manifest without reading it (OCI distribution spec, "Checking if content exists"). `authorization` is
 * the header that opened it: `Basic …`, or `Bearer …` from the token service that the registry names; absent when the
 * registry asks for none. Errors as `registryDigest`.
 */
export async function findManifest(
  connection: Connection,
  image: ImageReference,
  access: RegistryAccess,
): Promise<{readonly digest?: string; readonly authorization?: string}> {
  const version = image.digest ?? image.tag;
  const url = new URL(`${registryUrl(image, access)}/v2/${image.repository}/manifests/${version}`);
  const first = await reach(connection, image, url, 'HEAD', {Accept: manifestTypes});
  if (first.status !== 401) {
    checkAnswer(connection, image, access, first);
    return {digest: first.header('docker-content-digest')};
  }
  const header = await authorization(connection, image, access, first);
  const answer = await reach(connection, image, url, 'HEAD', {Accept: manifestTypes, Authorization: header});
  checkAnswer(connection, image, access, answer);
  return {digest: answer.header('docker-content-digest'), authorization: header};
}

async function authorization(
  connection: Connection,
  image: ImageReference,
  access: RegistryAccess,
  refused: Response,
): Promise<string> {
  const {scheme, parameters} = challenge(refused.header('www-authenticate') ?? '');
  const {username, password} = access;
  const credentials = username !== undefined && password !== undefined ? basic(username, password) : undefined;
  if (scheme === 'basic' && credentials) return credentials;
  const realm = parameters.get('realm');
  if (scheme !== 'bearer' || realm === undefined || !URL.canParse(realm))
    throw unauthorized(connection.host, image, access);
  const url = new URL(realm);
  // A password never goes over plain http unless the project allows http for this registry.
  if (url.protocol !== 'https:' && !(access.http && url.protocol === 'http:'))
    throw unauthorized(connection.host, image, access);
  const service = parameters.get('service');
  if (service !== undefined) url.searchParams.set('service', service);
  url.searchParams.set('scope', `repository:${image.repository}:pull`);
  const answer = await reach(connection, image, url, 'GET', credentials ? {Authorization: credentials} : {});
  checkAnswer(connection, image, access, answer);
  return `Bearer ${tokenIn(connection, image, answer.body)}`;
}

/** The token service answers `token` or `access_token` (distribution spec, "Token Authentication"). */
function tokenIn(connection: Connection, image: ImageReference, body: string): string {
  let answer: {token?: unknown; access_token?: unknown} | undefined;
  try {
    answer = JSON.parse(body) as typeof answer;
  } catch (cause) {
    throw registryUnreachable(connection.host, image, 'its token service answers something that is not JSON', cause);
  }
  const token = answer?.token ?? answer?.access_token;
  // The token goes into a configuration file: nothing but what tokens are made of (RFC 6750, 2.1).
  if (typeof token !== 'string' || !/^[A-Za-z0-9._~+/=-]+$/.test(token))
    throw registryUnreachable(connection.host, image, 'its token service gives no token');
  return token;
}

async function reach(
  connection: Connection,
  image: ImageReference,
  url: URL,
  method: 'GET' | 'HEAD',
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  try {
    return await requestThroughHost(connection, url, {method, headers});
  } catch (cause) {
    if (cause instanceof OutsideError && cause.code === 'connection-lost') throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    if (
      code === 'EPROTO' ||
      code === 'ERR_SSL_WRONG_VERSION_NUMBER' ||
      /wrong version number|packet length/.test(message)
    )
      throw plainHttpExpected(connection.host, image, cause);
    throw registryUnreachable(connection.host, image, message, cause);
  }
}

function checkAnswer(connection: Connection, image: ImageReference, access: RegistryAccess, answer: Response): void {
  const {status} = answer;
  if (status >= 200 && status < 300) return;
  if (status === 401 || status === 403) throw unauthorized(connection.host, image, access);
  if (status === 404) throw imageNotFound(connection.host, image);
  throw registryUnreachable(connection.host, image, `it answers ${status}`);
}
