import {createHash} from 'node:crypto';
import {OutsideError, UserError} from '../spec/errors.ts';
import type {HostName} from '../spec/stack.ts';
import type {KnownHost} from './known-hosts.ts';

/** What is known of a host's key: a fingerprint in niyanta.yaml, else lines of known_hosts. */
export type HostKeyTrust =
  | {readonly kind: 'pinned'; readonly fingerprint: string}
  | {readonly kind: 'known'; readonly keys: readonly KnownHost[]}
  /** No key at all: to see which one is shown, without logging in. */
  | {readonly kind: 'none'};

/** `SHA256:…`, as `ssh-keygen -l` prints it. */
export const fingerprintOf = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;

/** The algorithm's name in front of a public key's blob (RFC 4253, 6.6). */
export const keyType = (key: Buffer): string => key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1');

const rsa = ['rsa-sha2-512', 'rsa-sha2-256'];
const algorithmsByType: Readonly<Record<string, readonly string[]>> = {'ssh-rsa': rsa};

/** In the order in which OpenSSH prefers them. */
const everyType = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'ssh-rsa'];

/**
 * Which host key algorithms to ask for, one attempt each: a pinned fingerprint does not say of which type its key is,
 * so each type is asked for until one matches; of known_hosts the types that are known.
 */
export function attempts(trust: HostKeyTrust): readonly (readonly string[])[] {
  const algorithms = (type: string) => algorithmsByType[type] ?? [type];
  if (trust.kind === 'pinned') return everyType.map(algorithms);
  const known = trust.kind === 'known' ? trust.keys.filter(key => !key.revoked).map(({type}) => type) : [];
  const types = known.length > 0 ? everyType.filter(type => known.includes(type)) : everyType;
  return [types.flatMap(algorithms)];
}

/** Whether a host's key is the one that is trusted. */
export function trusts(trust: HostKeyTrust, key: Buffer): boolean {
  if (trust.kind === 'none') return false;
  if (trust.kind === 'pinned') return fingerprintOf(key) === trust.fingerprint;
  const text = key.toString('base64');
  const same = trust.keys.filter(known => known.key === text);
  return same.length > 0 && same.every(known => !known.revoked);
}

/** Errors: OutsideError `host-key-changed` where another key was expected, UserError `host-key-unknown` where none was. */
export function hostKeyRefused(
  {name, address, port, jump}: {name: HostName; address: string; port: number; jump?: boolean},
  trust: HostKeyTrust,
  key: Buffer,
): OutsideError | UserError {
  const fingerprint = fingerprintOf(key);
  const offered = `${fingerprint} (${keyType(key)})`;
  const pin = jump ? `ssh -p ${port} ${address}` : `niyanta host add ${name} --fingerprint ${fingerprint}`;
  if (trust.kind === 'known' && trust.keys.length === 0) {
    return new UserError({
      code: 'host-key-unknown',
      message: `${name}: its host key ${offered} is not known, so nothing was sent`,
      hint: `Compare it with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub there), then ${jump ? 'have it remembered' : 'pin it'}: ${pin}`,
      exit: 1,
    });
  }
  const expected = trust.kind === 'known' ? trust.keys.map(inKnownHosts) : [];
  const where = trust.kind === 'pinned' ? `niyanta.yaml has ${trust.fingerprint}` : expected.join(', ');
  return new OutsideError({
    code: 'host-key-changed',
    message: `${name}: its host key is ${offered}, but ${where}; nothing was sent`,
    hint: `Somebody may be listening in between. If the host was set up anew, ${jump ? `forget its old key: ssh-keygen -R ${address}` : `pin its new key: ${pin}`}`,
    host: name,
  });
}

/** `/home/u/.ssh/known_hosts:3 has SHA256:… (ssh-ed25519)` */
const inKnownHosts = ({key, type, where, revoked}: KnownHost): string =>
  `${where} ${revoked ? 'revokes' : 'has'} ${fingerprintOf(Buffer.from(key, 'base64'))} (${type})`;
