import {backUpVolume, prune} from './back-up-volume.ts';
import {backupPlace} from './backup-access.ts';
import {changeEnvironment, type LeaseOptions} from './change-environment.ts';
import {type BackedUpVolume, type DueBackup, dueBackup} from './due-backups.ts';
import {type Fleet, withFleet} from './fleet.ts';
import type {BackupManifest} from './runtime/backup/backup-manifest.ts';
import {listBackups} from './runtime/backup/backup-store.ts';
import type {StackSession} from './session.ts';
import {NiyantaError} from './spec/errors.ts';
import {verifyBackup} from './verify-backup.ts';
import {type VolumeTools, volumeTools} from './volume-tools.ts';
import {volumesNow, volumesToBackUp} from './volumes-now.ts';

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

/** A volume with what is to be done about it. */
interface Task {
  readonly one: BackedUpVolume;
  readonly due: DueBackup;
}

/**
 * Backs volumes up, one after another, under the environment's lease; one that fails does not keep the others from it.
 * With `due`, a backup whose trial failed is told each time, as failed, until a newer one is good.
 */
export async function backUpVolumes(session: StackSession, options: BackUpOptions): Promise<readonly BackUpRow[]> {
  if (options.due) {
    const tasks = await tasksNow(session, options);
    // Whoever asks every few minutes is not to hold a lease for nothing.
    if (tasks.every(({due}) => due.do === 'wait')) return tasks.flatMap(waiting);
  }
  return changeEnvironment(session, 'volume backup', options, async change => {
    const tools = await volumeTools(session, change, options.now);
    const rows: BackUpRow[] = [];
    for (const task of await tasksOf(session, change.fleet, options)) {
      change.signal.throwIfAborted();
      rows.push(...(task.due.do === 'wait' ? waiting(task) : [await backUpOne(tools, task, options)]));
    }
    return rows;
  });
}

async function backUpOne(tools: VolumeTools, {one, due}: Task, options: BackUpOptions): Promise<BackUpRow> {
  const {volume, host} = one;
  const context = {signal: tools.signal, onProgress: options.onProgress};
  let backup = due.do === 'verify' ? due.backup : undefined;
  try {
    const notes: string[] = [];
    if (!backup) {
      const made = await backUpVolume(tools, one, options.due ? 'schedule' : 'asked', context);
      backup = made.manifest;
      notes.push(...made.notes);
    }
    if (options.verify && one.backup.verify)
      backup = await verifyBackup(tools, one, backup, {onProgress: options.onProgress});
    return {volume, host, outcome: 'done', backup, removed: await prune(tools, one), notes};
  } catch (error) {
    tools.signal.throwIfAborted();
    if (!(error instanceof NiyantaError)) throw error;
    const {code, message, hint} = error;
    // Tried again and again, those that fail their trial must not fill the place; that it failed is what has to be told.
    const removed = backup ? await prune(tools, one).catch(() => []) : [];
    return {
      volume,
      host,
      outcome: 'failed',
      removed,
      notes: [],
      ...(backup && {backup}),
      error: {code, message, ...(hint && {hint})},
    };
  }
}

/** That there is no good backup since is a failure each time, whoever saw it first. */
function waiting({one: {volume, host}, due}: Task): readonly BackUpRow[] {
  if (due.do !== 'wait') return [];
  const {backup, until} = due;
  const error = {
    code: 'backup-verify-failed',
    message: `backup ${backup.id} failed its trial: ${backup.verified?.detail ?? ''}`,
    hint: `It is made anew from ${until.toISOString().slice(0, 16).replace('T', ' ')}Z on; at once: niyanta volume backup ${volume}`,
  };
  return [{volume, host, outcome: 'failed', backup, removed: [], notes: [], error}];
}

async function tasksOf(
  session: StackSession,
  fleet: Fleet,
  {volumes, due, verify, now}: BackUpOptions,
): Promise<readonly Task[]> {
  const {project, stack, environment} = session;
  const all = volumesToBackUp(volumesNow(fleet.observed, {project: project.name, stack, environment}), stack, volumes);
  if (!due) return all.map(one => ({one, due: {do: 'backup'}}));
  const tasks = await Promise.all(
    all.map(async (one): Promise<readonly Task[]> => {
      const place = await backupPlace(session, one.backup, {stack: stack.name, environment, volume: one.volume}, fleet);
      const found = dueBackup(one, await listBackups(place), {now: now(), trials: verify});
      return found ? [{one, due: found}] : [];
    }),
  );
  return tasks.flat();
}

const tasksNow = (session: StackSession, options: BackUpOptions): Promise<readonly Task[]> =>
  withFleet(session.hosts, {maxUnreachable: options.maxUnreachable, signal: options.signal, ssh: session.ssh}, fleet =>
    tasksOf(session, fleet, options),
  );
