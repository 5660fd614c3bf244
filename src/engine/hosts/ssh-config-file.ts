import {homedir} from 'node:os';
import {join} from 'node:path';
import SshConfig from 'ssh-config';

/** What ~/.ssh/config says of a host (ssh_config(5)); only what niyanta reads. */
export interface SshSettings {
  readonly hostName?: string;
  readonly user?: string;
  readonly port?: number;
  readonly identityFiles: readonly string[];
  /** `user@host:port`, in the order of the jumps. */
  readonly proxyJump: readonly string[];
}

/** The settings for an alias: the first value of each keyword wins, identity files add up. */
export function sshSettings(text: string, alias: string, home = homedir()): SshSettings {
  const computed = SshConfig.parse(text).compute(alias) as Record<string, string | string[] | undefined>;
  const value = (key: string): string | undefined => {
    const name = Object.keys(computed).find(candidate => candidate.toLowerCase() === key);
    const found = name === undefined ? undefined : computed[name];
    return Array.isArray(found) ? found[0] : found;
  };
  const list = (key: string): string[] => {
    const name = Object.keys(computed).find(candidate => candidate.toLowerCase() === key);
    const found = name === undefined ? undefined : computed[name];
    return found === undefined ? [] : Array.isArray(found) ? found : [found];
  };
  const hostName = value('hostname')?.replaceAll('%h', alias).replaceAll('%%', '%');
  const user = value('user');
  const port = Number(value('port')) || undefined;
  const jump = value('proxyjump');
  const tokens = (path: string) =>
    path
      .replace(/^~(?=\/)/, home)
      .replaceAll('%d', home)
      .replaceAll('%h', hostName ?? alias)
      .replaceAll('%r', user ?? '')
      .replaceAll('%%', '%');
  return {
    hostName,
    user,
    port,
    identityFiles: list('identityfile')
      .filter(path => path !== 'none')
      .map(tokens),
    proxyJump: jump === undefined || jump === 'none' ? [] : jump.split(',').map(hop => hop.trim()),
  };
}

/** Where a person's SSH files are. */
export const sshFolder = (home = homedir()): string => join(home, '.ssh');

/** `user@host:port` or `ssh://user@host:port` as its parts. */
export function parseHop(hop: string): {readonly user?: string; readonly host: string; readonly port?: number} {
  const [, user, bracketed, plain, port] =
    /^(?:ssh:\/\/)?(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(hop) ?? [];
  return {user, host: bracketed ?? plain ?? hop, port: port === undefined ? undefined : Number(port)};
}
