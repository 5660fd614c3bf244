import type {BackupManifest} from './runtime/backup/backup-manifest.ts';
import {nextDue, retryAt} from './runtime/backup/schedule.ts';
import type {VolumeBackup} from './spec/backup.ts';
import type {VolumeOnHost} from './volumes-now.ts';

/** A volume that the stack says how to back up. */
export type BackedUpVolume = VolumeOnHost & {readonly backup: VolumeBackup};

type Whose = Pick<VolumeOnHost, 'host' | 'users'>;

/** What `volume backup --due` has to do about a volume. */
export type DueBackup =
  | {readonly do: 'backup'}
  /** Its last one was made, and its trial was cut off. */
  | {readonly do: 'verify'; readonly backup: BackupManifest}
  /** Its last one failed its trial; the next try is not yet. */
  | {readonly do: 'wait'; readonly backup: BackupManifest; readonly until: Date};

/**
 * What is due by a volume's schedule, and by how its last backup went. `backups`: those of the volume, newest first;
 * `trials`: whether they are to be tried out at all. Undefined: nothing.
 */
export function dueBackup(
  one: Whose & {readonly backup: VolumeBackup},
  backups: readonly BackupManifest[],
  {now, trials}: {readonly now: Date; readonly trials: boolean},
): DueBackup | undefined {
  const at = dueAt(one, backups, now);
  if (at === undefined) return undefined;
  if (at <= now) return {do: 'backup'};
  const last = backups.find(each => isOf(each, one));
  if (last?.verified?.ok === false) return {do: 'wait', backup: last, until: at};
  const untried = last?.why === 'schedule' && last.verified === undefined && one.backup.verify !== undefined;
  return trials && untried ? {do: 'verify', backup: last} : undefined;
}

/** When a volume's next backup is due: by its schedule, sooner when the last one failed its trial. */
export function dueAt(
  {host, backup, users}: Whose & {readonly backup: VolumeBackup},
  backups: readonly BackupManifest[],
  now: Date,
): Date | undefined {
  const mine = backups.filter(one => isOf(one, {host, users}));
  const [last] = mine;
  const due = nextDue(backup, last && new Date(last.startedAt), now);
  if (due === undefined || last?.verified?.ok !== false) return due;
  const good = mine.find(({verified}) => verified?.ok !== false);
  const again = retryAt(new Date(last.verified.at), good && new Date(good.startedAt));
  return new Date(Math.min(again.getTime(), due.getTime()));
}

/** Whether a backup is of this one of a volume's hosts: of the same replica, wherever that was then. */
export const isOf = ({host, replica, service}: BackupManifest, now: Whose): boolean =>
  host === now.host || now.users.some(({spec}) => spec.service === service && spec.replica === replica);
