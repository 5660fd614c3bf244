import {createHmac, timingSafeEqual} from 'node:crypto';

/** One usable line of a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export interface KnownHost {
  readonly patterns: string;
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`, … */
  readonly type: string;
  /** Base64, as in the file. */
  readonly key: string;
  readonly revoked: boolean;
  /** `FILE:LINE`. */
  readonly where: string;
}

/** The lines of known_hosts that say something about single keys; certificate authorities are left out. */
export function parseKnownHosts(text: string, file = 'known_hosts'): readonly KnownHost[] {
  return text.split('\n').flatMap((line, index): KnownHost[] => {
    const words = line.trim().split(/\s+/);
    if (words[0] === '' || words[0]!.startsWith('#') || words[0] === '@cert-authority') return [];
    const revoked = words[0] === '@revoked';
    const [patterns, type, key] = revoked ? words.slice(1) : words;
    const where = `${file}:${index + 1}`;
    return patterns && type && key ? [{patterns, type, key, revoked, where}] : [];
  });
}

/** Those that speak of this host; `[host]:port` when the port is not 22. */
export function knownKeys(known: readonly KnownHost[], host: string, port: number): readonly KnownHost[] {
  const name = port === 22 ? host : `[${host}]:${port}`;
  return known.filter(({patterns}) => matches(patterns, name));
}

function matches(patterns: string, name: string): boolean {
  if (patterns.startsWith('|1|')) return matchesHash(patterns, name);
  const list = patterns.split(',');
  const hit = (pattern: string) => glob(pattern).test(name);
  if (list.some(pattern => pattern.startsWith('!') && hit(pattern.slice(1)))) return false;
  return list.some(pattern => !pattern.startsWith('!') && hit(pattern));
}

const glob = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    'i',
  );

/** HashKnownHosts: `|1|salt|HMAC-SHA1(salt, name)`. */
function matchesHash(hashed: string, name: string): boolean {
  const [, , salt, hash] = hashed.split('|');
  if (!salt || !hash) return false;
  const want = Buffer.from(hash, 'base64');
  const got = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return want.length === got.length && timingSafeEqual(want, got);
}
