import {backupPlace} from './backup-access.ts';
import {changeEnvironment, type LeaseOptions} from './change-environment.ts';
import {isOf} from './due-backups.ts';
import type {BackupManifest} from './runtime/backup/backup-manifest.ts';
import {listBackups} from './runtime/backup/backup-store.ts';
import type {StackSession} from './session.ts';
import type {VolumeBackup} from './spec/backup.ts';
import {UserError} from './spec/errors.ts';
import {verifyBackup} from './verify-backup.ts';
import {type VolumeTools, volumeTools} from './volume-tools.ts';
import {oneVolume, type VolumeOnHost, volumesNow, volumesToBackUp} from './volumes-now.ts';

export interface ChosenBackup {
  readonly volume: string;
  /** Where the volume is on several hosts. */
  readonly host?: string;
  /** Id of a backup; the newest good one when absent. */
  readonly backup?: string;
  /** Environment whose backup it is; the session's when absent. */
  readonly from?: string;
  /** File with an identity of age, in place of what the stack says. */
  readonly identity?: string;
}

export interface VerifyVolumeOptions extends LeaseOptions, ChosenBackup {
  readonly onProgress: (message: string, done?: number) => void;
  readonly now: () => Date;
}

/** Tries a backup out in a throw-away container on the volume's host. Errors: as `verifyBackup` and `chosenBackup`. */
export function verifyVolume(session: StackSession, options: VerifyVolumeOptions): Promise<BackupManifest> {
  return changeEnvironment(session, 'volume verify', options, async change => {
    const tools = await volumeTools(session, change, options.now);
    const {of, manifest} = await chosenBackup(tools, options);
    return verifyBackup(tools, of, manifest, options);
  });
}

/** A volume as it is, and the backup that is meant. Errors: UserError `unknown-volume`, `no-backup`, `unknown-backup`. */
export async function chosenBackup(
  tools: VolumeTools,
  chosen: ChosenBackup,
): Promise<{readonly of: VolumeOnHost & {readonly backup: VolumeBackup}; readonly manifest: BackupManifest}> {
  const {session, observed} = tools;
  const {project, stack, environment} = session;
  const all = volumesNow(observed, {project: project.name, stack, environment});
  const one = oneVolume(all, stack, chosen);
  const [of] = volumesToBackUp([one], stack, [one.volume]);
  const from = chosen.from ?? environment;
  const place = await backupPlace(
    session,
    of!.backup,
    {stack: stack.name, environment: from, volume: one.volume},
    tools,
  );
  const backups = await listBackups(place);
  const manifest =
    chosen.backup === undefined
      ? backups.find(each => each.verified?.ok !== false && (from !== environment || isOf(each, one)))
      : backups.find(({id}) => id === chosen.backup);
  if (manifest) return {of: of!, manifest};
  throw new UserError({
    code: 'unknown-backup',
    message:
      chosen.backup === undefined
        ? `there is no good backup of volume ${one.volume} of environment ${from} at ${place.label}`
        : `there is no backup ${chosen.backup} at ${place.label}`,
    hint:
      backups.length > 0
        ? `There are: ${backups
            .slice(0, 3)
            .map(({id}) => id)
            .join(', ')}. See niyanta volume ls --backups`
        : 'Make one: niyanta volume backup',
    exit: 1,
  });
}
