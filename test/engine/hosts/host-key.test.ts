import {createHmac, generateKeyPairSync} from 'node:crypto';
import {expect, test} from 'vitest';
import {
  attempts,
  fingerprintOf,
  type HostKeyTrust,
  hostKeyRefused,
  keyType,
  trusts,
} from '../../../src/engine/hosts/host-key.ts';
import {knownKeys, parseKnownHosts} from '../../../src/engine/hosts/known-hosts.ts';

const blob = (type: string, key: Buffer): Buffer =>
  Buffer.concat(
    [type, key].map(part => {
      const bytes = Buffer.from(part);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return Buffer.concat([length, bytes]);
    }),
  );
const fresh = () =>
  blob('ssh-ed25519', generateKeyPairSync('ed25519').publicKey.export({format: 'der', type: 'spki'}).subarray(-32));
const ours = fresh();
const other = fresh();
const line = (names: string, key = ours) => `${names} ssh-ed25519 ${key.toString('base64')} a comment`;
const hashed = (name: string) => {
  const salt = Buffer.from('0123456789abcdefghij');
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
};

test.each([
  ['by name', line('h1'), 'h1', 22, true],
  ['by one of several names', line('x,h1,10.0.0.1'), '10.0.0.1', 22, true],
  ['by pattern', line('10.0.0.*'), '10.0.0.9', 22, true],
  ['by pattern, but left out', line('10.0.0.*,!10.0.0.9'), '10.0.0.9', 22, false],
  ['in another case', line('Web.Example'), 'web.example', 22, true],
  ['by a dot that is no pattern', line('h.1'), 'hx1', 22, false],
  ['on a port of its own', line('[h1]:2222'), 'h1', 2222, true],
  ['on port 22 when another is meant', line('h1'), 'h1', 2222, false],
  ['hashed', line(hashed('h1')), 'h1', 22, true],
  ['hashed, with a port', line(hashed('[h1]:2222')), 'h1', 2222, true],
  ['hashed, another name', line(hashed('h2')), 'h1', 22, false],
  ['in a comment', `# ${line('h1')}`, 'h1', 22, false],
  ['by an authority', `@cert-authority ${line('h1')}`, 'h1', 22, false],
  ['revoked', `@revoked ${line('h1')}`, 'h1', 22, false],
  ['and revoked too', `${line('h1')}\n@revoked ${line('*')}`, 'h1', 22, false],
  ['with Windows line ends', `${line('h1').replace(' a comment', '')}\r\n`, 'h1', 22, true],
  ['not at all', '', 'h1', 22, false],
])('known_hosts has a host %s', (_, text, host, port, expected) => {
  const trust: HostKeyTrust = {kind: 'known', keys: knownKeys(parseKnownHosts(text), host, port)};
  expect(trusts(trust, ours)).toBe(expected);
  expect(trusts(trust, other)).toBe(false);
});

test('a pinned fingerprint is that of ssh-keygen, and trusts its key alone', () => {
  // From `ssh-keygen -lf`, for the key of GitHub as it publishes it.
  const github = Buffer.from('AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl', 'base64');
  expect(fingerprintOf(github)).toBe('SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU');
  expect(keyType(github)).toBe('ssh-ed25519');
  const trust: HostKeyTrust = {kind: 'pinned', fingerprint: fingerprintOf(ours)};
  expect([trusts(trust, ours), trusts(trust, other), trusts({kind: 'none'}, ours)]).toEqual([true, false, false]);
});

test('of known_hosts only the types that are known are asked for; of a fingerprint each type in turn', () => {
  const keys = parseKnownHosts(`h ssh-rsa AAAA\nh ecdsa-sha2-nistp256 BBBB\n@revoked h ssh-ed25519 CCCC`);
  expect(attempts({kind: 'known', keys})).toEqual([['ecdsa-sha2-nistp256', 'rsa-sha2-512', 'rsa-sha2-256']]);
  expect(attempts({kind: 'known', keys: []})).toHaveLength(1);
  expect(attempts({kind: 'pinned', fingerprint: 'SHA256:x'}).map(([first]) => first)).toEqual([
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'rsa-sha2-512',
  ]);
});

const at = {name: 'h1', address: '10.0.0.1', port: 22};
test.each([
  ['unknown', at, {kind: 'known', keys: []}, 'host-key-unknown', 'niyanta host add h1 --fingerprint SHA256:'],
  [
    'another than pinned',
    at,
    {kind: 'pinned', fingerprint: 'SHA256:x'},
    'host-key-changed',
    'niyanta host add h1 --fingerprint SHA256:',
  ],
  [
    'another than known',
    at,
    {kind: 'known', keys: parseKnownHosts(line('h1', other))},
    'host-key-changed',
    'niyanta host add h1',
  ],
  ['unknown, of a jump host', {...at, jump: true}, {kind: 'known', keys: []}, 'host-key-unknown', 'ssh -p 22 10.0.0.1'],
] as const)('a key that is %s is refused with what to do', (_, where, trust, code, hint) => {
  const error = hostKeyRefused(where, trust as HostKeyTrust, ours);
  expect(error).toMatchObject({code, exit: 1});
  expect(error.message).toContain(fingerprintOf(ours));
  expect(error.message).toContain('nothing was sent');
  expect(error.hint).toContain(hint);
});

test('a changed key is told with the old one, and the line of known_hosts that has it', () => {
  const keys = parseKnownHosts(`# mine\n${line('h1', other)}`, '/home/u/.ssh/known_hosts');
  expect(hostKeyRefused(at, {kind: 'known', keys}, ours).message).toBe(
    `h1: its host key is ${fingerprintOf(ours)} (ssh-ed25519), but /home/u/.ssh/known_hosts:2 has ${fingerprintOf(other)} (ssh-ed25519); nothing was sent`,
  );
});
