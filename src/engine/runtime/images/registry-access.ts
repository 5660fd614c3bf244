import type {ImageReference} from './image-name.ts';

/** How a registry is reached; its secrets in clear, so a value of this type is never stored, logged or planned. */
export interface RegistryAccess {
  /** Plain http, only when the project says so. */
  readonly http: boolean;
  readonly username?: string;
  readonly password?: string;
}

/** Where the registry's API is (docker.io answers under another name). */
export function registryUrl({registry}: Pick<ImageReference, 'registry'>, {http}: RegistryAccess): string {
  return `${http ? 'http' : 'https'}://${registry === 'docker.io' ? 'registry-1.docker.io' : registry}`;
}

/** `Basic …` for a name and password (RFC 7617). */
export const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;

/** What a registry asks for in WWW-Authenticate (RFC 9110, 11.6.1): scheme in lower case, parameters unquoted. */
export function challenge(header: string): {readonly scheme: string; readonly parameters: ReadonlyMap<string, string>} {
  const [, scheme = '', rest = ''] = /^\s*([A-Za-z0-9-]+)\s*(.*)$/s.exec(header) ?? [];
  const parameters = new Map<string, string>();
  for (const [, key, quoted, plain] of rest.matchAll(/([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g))
    parameters.set(key!.toLowerCase(), quoted === undefined ? plain! : quoted.replace(/\\(.)/g, '$1'));
  return {scheme: scheme.toLowerCase(), parameters};
}

/** containerd's hosts.toml for one registry, with the header that opens it. */
export const hostsToml = (url: string, authorization: string): string =>
  [
    `server = ${JSON.stringify(url)}`,
    `[host.${JSON.stringify(url)}]`,
    '  capabilities = ["pull", "resolve"]',
    `[host.${JSON.stringify(url)}.header]`,
    `  Authorization = ${JSON.stringify(authorization)}`,
    '',
  ].join('\n');
