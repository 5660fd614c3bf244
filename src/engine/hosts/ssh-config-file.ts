import {homedir} from 'node:os';
import {join} from 'node:path';
import SshConfig, {type Line, LineType} from 'ssh-config';

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
  const config = SshConfig.parse(text);
  spellAlike(config);
  const computed = config.compute(alias) as Record<string, string | string[] | undefined>;
  const list = (key: string): string[] => [computed[key] ?? []].flat();
  const value = (key: string): string | undefined => list(key)[0];
  const hostName = value('HostName')?.replaceAll('%h', alias).replaceAll('%%', '%');
  const user = value('User');
  const port = Number(value('Port')) || undefined;
  const jump = value('ProxyJump');
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
    identityFiles: list('IdentityFile')
      .filter(path => path !== 'none')
      .map(tokens),
    proxyJump: jump === undefined || jump === 'none' ? [] : jump.split(',').map(hop => hop.trim()),
  };
}

const keywords = ['Host', 'Match', 'HostName', 'User', 'Port', 'IdentityFile', 'ProxyJump'];

/** Keywords may be written in any case; the parser takes those of different case for different ones. */
function spellAlike(lines: Iterable<Line>): void {
  for (const line of lines) {
    if (line.type !== LineType.DIRECTIVE) continue;
    const keyword = keywords.find(candidate => candidate.toLowerCase() === line.param.toLowerCase());
    if (keyword !== undefined) line.param = keyword;
    if ('config' in line) spellAlike(line.config);
  }
}

/** Where a person's SSH files are. */
export const sshFolder = (home = homedir()): string => join(home, '.ssh');

/** `user@host:port` or `ssh://user@host:port` as its parts. */
export function parseHop(hop: string): {readonly user?: string; readonly host: string; readonly port?: number} {
  const [, user, bracketed, plain, port] =
    /^(?:ssh:\/\/)?(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(hop) ?? [];
  return {user, host: bracketed ?? plain ?? hop, port: port === undefined ? undefined : Number(port)};
}
