import {backUpVolume, prune} from './back-up-volume.ts';
import {backupPlace} from './backup-access.ts';
import {changeEnvironment, type LeaseOptions} from './change-environment.ts';
import {type Fleet, withFleet} from './fleet.ts';
import type {BackupManifest} from './runtime/backup/backup-manifest.ts';
import {listBackups} from './runtime/backup/backup-store.ts';
import {nextDue} from './runtime/backup/schedule.ts';
import type {StackSession} from './session.ts';
import type {VolumeBackup} from './spec/backup.ts';
import {NiyantaError} from './spec/errors.ts';
import {verifyBackup} from './verify-backup.ts';
import {type VolumeTools, volumeTools} from './volume-tools.ts';
import {type VolumeOnHost, volumesNow, volumesToBackUp} from './volumes-now.ts';

export interface BackUpOptions extends LeaseOptions {
  /** All with a backup when empty. */
  readonly volumes: readonly string[];
  /** Only what its schedule says is due, a missed one once. */
  readonly due: boolean;
  /** Try each out as `verify` says, where it says so. */
  readonly verify: boolean;
  readonly onProgress: (message: string, done?: number) => void;
  readonly now: () => Date;
}

/** What became of one volume's backup. */
export interface BackUpRow {
  readonly volume: string;
  readonly host: string;
  readonly outcome: 'done' | 'failed';
  readonly backup?: BackupManifest;
  /** Ids of backups that were not to be kept any longer. */
  readonly removed: readonly string[];
  readonly notes: readonly string[];
  readonly error?: {readonly code: string; readonly message: string; readonly hint?: string};
}

type ToBackUp = VolumeOnHost & {readonly backup: VolumeBackup};

/** Backs volumes up, one after another, under the environment's lease; one that fails does not keep the others from it. */
export async function backUpVolumes(session: StackSession, options: BackUpOptions): Promise<readonly BackUpRow[]> {
  // Whoever asks every few minutes is not to hold a lease for nothing.
  if (options.due && !(await anythingDue(session, options))) return [];
  return changeEnvironment(session, 'volume backup', options, async change => {
    const tools = await volumeTools(session, change, options.now);
    const rows: BackUpRow[] = [];
    for (const one of await wanted(session, change.fleet, options)) {
      change.signal.throwIfAborted();
      rows.push(await backUpOne(tools, one, options));
    }
    return rows;
  });
}

async function backUpOne(tools: VolumeTools, one: ToBackUp, options: BackUpOptions): Promise<BackUpRow> {
  const {volume, host} = one;
  const context = {signal: tools.signal, onProgress: options.onProgress};
  let backup: BackupManifest | undefined;
  try {
    const made = await backUpVolume(tools, one, options.due ? 'schedule' : 'asked', context);
    backup = made.manifest;
    if (options.verify && one.backup.verify)
      backup = await verifyBackup(tools, one, backup, {onProgress: options.onProgress});
    return {volume, host, outcome: 'done', backup, removed: await prune(tools, one), notes: made.notes};
  } catch (error) {
    tools.signal.throwIfAborted();
    if (!(error instanceof NiyantaError)) throw error;
    const {code, message, hint} = error;
    return {
      volume,
      host,
      outcome: 'failed',
      removed: [],
      notes: [],
      ...(backup && {backup}),
      error: {code, message, ...(hint && {hint})},
    };
  }
}

async function wanted(
  session: StackSession,
  fleet: Fleet,
  {volumes, due, now}: BackUpOptions,
): Promise<readonly ToBackUp[]> {
  const {project, stack, environment} = session;
  const all = volumesToBackUp(volumesNow(fleet.observed, {project: project.name, stack, environment}), stack, volumes);
  if (!due) return all;
  const isDue = await Promise.all(
    all.map(async one => {
      const place = await backupPlace(session, one.backup, {stack: stack.name, environment, volume: one.volume}, fleet);
      const at = dueAt(one, await listBackups(place), now());
      return at !== undefined && at <= now();
    }),
  );
  return all.filter((_, index) => isDue[index]);
}

const anythingDue = (session: StackSession, options: BackUpOptions): Promise<boolean> =>
  withFleet(
    session.hosts,
    {maxUnreachable: options.maxUnreachable, signal: options.signal, ssh: session.ssh},
    async fleet => (await wanted(session, fleet, options)).length > 0,
  );

/** When a volume's next backup is due, by those that were made. */
export function dueAt(
  {host, backup, users}: Pick<VolumeOnHost, 'host' | 'users'> & {readonly backup: VolumeBackup},
  backups: readonly BackupManifest[],
  now: Date,
): Date | undefined {
  // One that turned out bad counts, too: what fails is told, and not done again every few minutes.
  const mine = backups.find(one => isOf(one, {host, users}));
  return nextDue(backup, mine && new Date(mine.startedAt), now);
}

/** Whether a backup is of this one of a volume's hosts: of the same replica, wherever that was then. */
export const isOf = ({host, replica, service}: BackupManifest, now: Pick<VolumeOnHost, 'host' | 'users'>): boolean =>
  host === now.host || now.users.some(({spec}) => spec.service === service && spec.replica === replica);
