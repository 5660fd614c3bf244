import type {BackupPlace} from './runtime/backup/backup-place.ts';
import {type LentStorage, lentS3} from './runtime/backup/lent-s3.ts';
import {s3Place} from './runtime/backup/s3-place.ts';
import type {Session} from './session.ts';
import {parseBackupTarget} from './spec/backup.ts';
import {Bug} from './spec/errors.ts';
import type {CheckpointStorageSettings} from './spec/server/server-settings.ts';
import {resolveSecrets, secretNames} from './state/secret-references.ts';

/** Where large checkpoints are kept, and how workers that have no key to it get at theirs. */
export interface CheckpointStorage {
  readonly place: BackupPlace;
  readonly lent: LentStorage;
}

/** Where checkpoints go that are too large for the database. Errors: UserError `secret-missing`. */
export async function checkpointStorage(
  {to, s3}: CheckpointStorageSettings,
  {secrets}: Pick<Session, 'secrets'>,
): Promise<CheckpointStorage> {
  const target = parseBackupTarget(to);
  if (target?.kind !== 's3') throw new Bug(`${to} is no place for checkpoints`);
  const values = await secrets.values(secretNames([s3.accessKeyId, s3.secretAccessKey]));
  const options = {
    ...s3,
    accessKeyId: resolveSecrets(s3.accessKeyId, values),
    secretAccessKey: resolveSecrets(s3.secretAccessKey, values),
    bucket: target.bucket,
    prefix: target.prefix,
  };
  return {place: s3Place(options), lent: lentS3(options)};
}
