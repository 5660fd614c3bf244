import {Low} from 'lowdb';
import {UserError} from '../spec/errors.ts';
import {Exit} from '../spec/exit-codes.ts';
import type {EnvironmentName} from '../spec/stack.ts';
import {listBackups} from './backups.ts';
import {fileJournal} from './file-journal.ts';
import {acquireLease, breakLease, type FileLease, readHolder, readHolders} from './file-lease.ts';
import {openJournal} from './journal.ts';
import {leaseHeld, leaseLost} from './lease-errors.ts';
import {type LeaseTimes, leaseTimes} from './lease-times.ts';
import type {LockFile} from './lock-file.ts';
import {lockFileAdapter, textIfThere} from './lock-file-adapter.ts';
import {emptyLockFile} from './lock-file-schema.ts';
import {withMutex} from './mutex.ts';
import {initialSalt} from './salt.ts';
import {salvage} from './salvage.ts';
import {type StatePaths, statePaths} from './state-paths.ts';
import type {StateStore} from './store.ts';

/**
 * State in a JSON file on this machine (or on a file system that several share). A store
 * that has acquired leases writes only while it still holds them: `update` rejects with `lease-lost` otherwise.
 */
export function openFileStore(lockFile: string, project: string, times: LeaseTimes = leaseTimes): StateStore {
  const paths = statePaths(lockFile);
  const held = new Set<FileLease>();
  const read = () => readLock(paths, project);
  const whileHeld = <T>(environment: EnvironmentName, section: () => Promise<T>) =>
    withMutex(paths.mutex, async () => {
      const lease = [...held].find(one => one.environment === environment);
      if (lease === undefined) throw leaseLost(environment);
      await lease.check();
      return await section();
    });
  return {
    read,
    journal: openJournal(fileJournal(paths, whileHeld)),
    update: (expected, change) =>
      withMutex(paths.mutex, async () => {
        for (const lease of held) await lease.check();
        const lock = await read();
        if (lock.serial !== expected) throw stale(expected, lock.serial);
        const next = {...withFences(change(lock), held), project, serial: lock.serial + 1};
        const database = new Low(lockFileAdapter(paths, project), next);
        await database.write();
        return next;
      }),
    replace: make => withMutex(paths.mutex, () => replaceLock(paths, project, make)),
    async acquire(environment, reason, {waitMs, onWait, signal}) {
      const fenceAbove = async () => (await read()).environments[environment]?.fence ?? 0;
      const lease = await acquireLease(paths, {environment, reason, waitMs, onWait, signal, fenceAbove}, times);
      held.add(lease);
      return {
        get holder() {
          return lease.holder;
        },
        lost: lease.lost,
        report: progress => lease.report(progress),
        async release() {
          held.delete(lease);
          await lease.release();
        },
      };
    },
    holder: (environment: EnvironmentName) => readHolder(paths, environment),
    holders: () => readHolders(paths),
    release: (environment: EnvironmentName) => breakLease(paths, environment),
  };
}

async function readLock(paths: StatePaths, project: string): Promise<LockFile> {
  const stored = await lockFileAdapter(paths, project).read();
  return stored ?? emptyLockFile(project, await initialSalt(paths));
}

async function replaceLock(paths: StatePaths, project: string, make: Parameters<StateStore['replace']>[0]) {
  const [first] = await readHolders(paths);
  if (first) throw leaseHeld(first.environment, first.holder);
  const old = salvage((await textIfThere(paths.lock)) ?? '');
  const kept = (await listBackups(paths))[0]?.serial ?? 0;
  const serial = Math.max(old.serial, kept);
  const made = make({serial, salt: old.salt ?? (await initialSalt(paths))});
  const next = {...made, serial: Math.max(serial, made.serial) + 1};
  await new Low(lockFileAdapter(paths, project), next).write();
  return next;
}

/** The lock file remembers the fences given out, so that a fresh clone of the project goes on from there. */
function withFences(lock: LockFile, held: ReadonlySet<FileLease>): LockFile {
  const environments = {...lock.environments};
  for (const {environment, holder} of held) {
    const state = environments[environment];
    if (state) environments[environment] = {...state, fence: Math.max(state.fence, holder.fence)};
  }
  return {...lock, environments};
}

function stale(expected: number, found: number): UserError {
  return new UserError({
    code: 'stale-state',
    message: `the state has moved on from serial ${expected} to ${found} since it was read`,
    hint: 'Someone else changed it: look at `niyanta history`, plan again, and apply that plan.',
    exit: Exit.stalePlan,
  });
}
