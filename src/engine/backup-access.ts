import {readFile} from 'node:fs/promises';
import {join, resolve} from 'node:path';
import type {Connection} from './hosts/index.ts';
import type {BackupManifest} from './runtime/backup/backup-manifest.ts';
import type {BackupPlace} from './runtime/backup/backup-place.ts';
import {folderPlace} from './runtime/backup/folder-place.ts';
import {hostPlace} from './runtime/backup/host-place.ts';
import {s3Place} from './runtime/backup/s3-place.ts';
import type {OpenKey, SealKey} from './runtime/backup/seal.ts';
import type {FencedHost} from './runtime/fenced-host.ts';
import type {Session} from './session.ts';
import {backupSecretTexts, parseBackupTarget, type VolumeBackup} from './spec/backup.ts';
import {Bug, UserError} from './spec/errors.ts';
import {resolveSecrets, secretNames} from './state/secret-references.ts';

/** How hosts are reached; `changing` for those who write. */
export interface HostAccess {
  connection(host: string): Connection;
  changing?(host: string): FencedHost;
}

/** Whose backups: an environment may read those of another. */
export interface BackupOwner {
  readonly stack: string;
  readonly environment: string;
  readonly volume: string;
}

/** Opens the place of a volume's backups. Errors: UserError `secret-missing`, `unknown-host`. */
export async function backupPlace(
  session: Session,
  backup: VolumeBackup,
  {stack, environment, volume}: BackupOwner,
  hosts: HostAccess,
): Promise<BackupPlace> {
  const folder = `${session.project.name}/${stack}/${environment}/${volume}`;
  const target = parseBackupTarget(backup.to);
  if (!target) throw new Bug(`${backup.to} is no place for backups`);
  if (target.kind === 'folder') return folderPlace(join(resolve(session.project.directory, target.path), folder));
  if (target.kind === 'host') {
    if (!session.hosts.some(({name}) => name === target.host)) throw unknownHost(target.host, session);
    return hostPlace(hosts.connection(target.host), `${target.path}/${folder}`, () => {
      if (!hosts.changing) throw new Bug(`no right to write backups to ${target.host}`);
      return hosts.changing(target.host);
    });
  }
  const s3 = backup.s3!;
  const values = await session.secrets.values(secretNames([s3.accessKeyId, s3.secretAccessKey]));
  return s3Place({
    ...s3,
    accessKeyId: resolveSecrets(s3.accessKeyId, values),
    secretAccessKey: resolveSecrets(s3.secretAccessKey, values),
    bucket: target.bucket,
    prefix: [target.prefix, folder].filter(Boolean).join('/'),
  });
}

/** The key that new backups are encrypted with. */
export async function sealKey({secrets}: Session, {encrypt}: VolumeBackup): Promise<SealKey> {
  if (encrypt.kind !== 'passphrase') return encrypt;
  const values = await secrets.values(secretNames([encrypt.passphrase]));
  return {kind: 'passphrase', passphrase: resolveSecrets(encrypt.passphrase, values)};
}

/** The key that a backup is read with: of the file `identity` when given, else as the stack says. */
export async function openKey(
  session: Session,
  backup: VolumeBackup,
  {encryption, id}: BackupManifest,
  identity?: string,
): Promise<OpenKey> {
  if (encryption === 'none') return {kind: 'none'};
  if (identity !== undefined) return {kind: 'identities', identities: await identitiesIn(identity)};
  const {encrypt} = backup;
  const values = await session.secrets.values(secretNames(backupSecretTexts({...backup, s3: undefined})));
  if (encryption === 'passphrase' && encrypt.kind === 'passphrase')
    return {kind: 'passphrase', passphrase: resolveSecrets(encrypt.passphrase, values)};
  if (encryption === 'recipients' && encrypt.kind === 'recipients' && encrypt.identity !== undefined)
    return {kind: 'identities', identities: [resolveSecrets(encrypt.identity, values).trim()]};
  throw new UserError({
    code: 'backup-key-missing',
    message: `backup ${id} is encrypted ${encryption === 'passphrase' ? 'with a passphrase' : 'for recipients of age'}, and the stack does not say how to read it`,
    hint:
      encryption === 'passphrase'
        ? 'Set encrypt: {passphrase: ${secret:NAME}}.'
        : 'Give the file with the identity: --identity FILE',
    exit: 1,
  });
}

async function identitiesIn(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(cause => {
    throw new UserError({code: 'identity-unreadable', message: `cannot read the identity file ${path}`, cause});
  });
  const found = text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line.startsWith('AGE-SECRET-KEY-'));
  if (found.length > 0) return found;
  throw new UserError({
    code: 'identity-unreadable',
    message: `${path} has no identity of age in it`,
    hint: 'It is the file that age-keygen wrote: a line AGE-SECRET-KEY-1…',
  });
}

const unknownHost = (host: string, {hosts}: Session): UserError =>
  new UserError({
    code: 'unknown-host',
    message: `backups shall go to ${host}, which is no host of the project`,
    hint: `Hosts: ${hosts.map(({name}) => name).join(', ')}.`,
  });
