import {createHash, generateKeyPairSync, randomBytes} from 'node:crypto';

/** An ed25519 key as OpenSSH keeps it in files. */
export interface SshKey {
  readonly privateKey: string;
  readonly publicKey: string;
  /** `SHA256:…`, as ssh-keygen -l prints it. */
  readonly fingerprint: string;
}

/** A new ed25519 key pair in the openssh-key-v1 format (PROTOCOL.key of OpenSSH), without a passphrase. */
export function newSshKey(comment: string): SshKey {
  const pair = generateKeyPairSync('ed25519').privateKey.export({format: 'jwk'});
  const open = Buffer.from(pair.x as string, 'base64url');
  const secret = Buffer.from(pair.d as string, 'base64url');
  const blob = Buffer.concat([text('ssh-ed25519'), text(open)]);
  const check = randomBytes(4);
  const body = Buffer.concat([check, check, blob, text(Buffer.concat([secret, open])), text(comment)]);
  const padding = Buffer.from(Array.from({length: (8 - (body.length % 8)) % 8}, (_, index) => index + 1));
  const file = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    text('none'),
    text('none'),
    text(''),
    Buffer.from([0, 0, 0, 1]),
    text(blob),
    text(Buffer.concat([body, padding])),
  ]);
  const lines = file.toString('base64').match(/.{1,70}/g) ?? [];
  return {
    privateKey: ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n'),
    publicKey: `ssh-ed25519 ${blob.toString('base64')} ${comment}\n`,
    fingerprint: `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`,
  };
}

/** An SSH string: its length in four bytes, then its bytes (RFC 4251, section 5). */
function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
