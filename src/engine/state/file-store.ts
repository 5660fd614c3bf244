import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {Low} from 'lowdb';
import type {EnvironmentName} from '../spec/stack.ts';
import {writeAtomically} from './atomic-file.ts';
import {backupFile, listBackups} from './backups.ts';
import {appendLines, runFile, runsIn} from './file-journal.ts';
import type {LeaseBoard} from './lease-board.ts';
import {leaseHeld} from './lease-errors.ts';
import {currentHolding, emptyLeaseRecord, type LeaseRecord, parseLeaseRecord, toHolder} from './lease-record.ts';
import {type LeaseTimes, leaseTimes} from './lease-times.ts';
import {type LockFileText, lockFileAdapter} from './lock-file-adapter.ts';
import {withMutex} from './mutex.ts';
import {hasEnded} from './process-identity.ts';
import {initialSalt} from './salt.ts';
import {ensureStateFolder} from './state-folder.ts';
import {type StatePaths, statePaths} from './state-paths.ts';
import {stateStore} from './state-store.ts';
import type {StateStore} from './store.ts';
import {type Guard, type HeldBy, LeaseGone, type StoreBackend} from './store-backend.ts';
import {storeNow} from './store-clock.ts';
import {textIfThere} from './text-if-there.ts';

/** State in a JSON file on this machine, or on a file system that several share. */
export function openFileStore(lockFile: string, project: string, times: LeaseTimes = leaseTimes): StateStore {
  return stateStore(fileBackend(statePaths(lockFile)), project, times);
}

/** One text, one file; whoever reads, checks and writes does so under the mutex. */
function fileBackend(paths: StatePaths): StoreBackend {
  const leases = fileLeases(paths);
  return {
    location: paths.lock,
    leases,
    readText: async () => (await openText(paths)).data.text,
    swapText: (guard, make) =>
      withMutex(paths.mutex, async () => {
        await check(paths, leases, guard);
        const lockFile = await openText(paths);
        lockFile.data = {text: await make(lockFile.data.text)};
        await lockFile.write();
      }),
    initialSalt: () => initialSalt(paths),
    backups: () => listBackups(paths),
    backupText: serial => textIfThere(backupFile(paths, serial)),
    appendLines: (held, run, lines) =>
      withMutex(paths.mutex, async () => {
        await checkHeld(paths, held);
        await appendLines(runFile(paths, held.environment, run), lines);
      }),
    runs: environment => runsIn(join(paths.journal, encodeURIComponent(environment))),
    lines: async (environment, run) => (await textIfThere(runFile(paths, environment, run))) ?? '',
    close: async () => {},
  };
}

async function openText(paths: StatePaths): Promise<Low<LockFileText>> {
  const lockFile = new Low(lockFileAdapter(paths), {});
  await lockFile.read();
  return lockFile;
}

function fileLeases(paths: StatePaths): LeaseBoard {
  return {
    async transact(environment, decide, options) {
      const look = async () => decide(await readRecord(paths, environment), await storeNow(paths.clock));
      await ensureStateFolder(paths.folder);
      // Files are replaced at once: who only waits keeps nobody from writing.
      const glance = await look();
      if (glance.record === undefined) return glance.result;
      return await withMutex(paths.mutex, async () => {
        options?.signal?.throwIfAborted();
        const {record, durable, result} = await look();
        if (record) await writeRecord(paths, environment, record, durable);
        return result;
      });
    },
    async all() {
      const environments = await withRecords(paths);
      const records = await Promise.all(
        environments.map(async environment => ({environment, record: await readRecord(paths, environment)})),
      );
      const idle = records.every(({record}) => record.holding === undefined && record.queue.length === 0);
      // Without anybody there is no need to touch the disk to learn the time.
      return {now: idle ? 0 : await storeNow(paths.clock), records};
    },
  };
}

async function check(paths: StatePaths, leases: LeaseBoard, guard: Guard): Promise<void> {
  if (guard.kind === 'held') {
    for (const held of guard.leases) await checkHeld(paths, held);
    return;
  }
  const {now, records} = await leases.all();
  for (const {environment, record} of records) {
    const holding = currentHolding(record, now, hasEnded);
    if (holding) throw leaseHeld(environment, toHolder(holding));
  }
}

async function checkHeld(paths: StatePaths, {environment, id}: HeldBy): Promise<void> {
  const record = await readRecord(paths, environment);
  if (record.holding?.id !== id) throw new LeaseGone(environment);
}

// Two names that differ only in a character that file names cannot have must not meet in one file.
const leaseFile = (paths: StatePaths, environment: EnvironmentName) =>
  join(paths.leases, `${encodeURIComponent(environment)}.json`);

async function withRecords(paths: StatePaths): Promise<readonly EnvironmentName[]> {
  const files = await readdir(paths.leases).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return files.filter(file => /^[^.].*\.json$/.test(file)).map(file => decodeURIComponent(file.slice(0, -5)));
}

async function readRecord(paths: StatePaths, environment: EnvironmentName): Promise<LeaseRecord> {
  const file = leaseFile(paths, environment);
  const text = await textIfThere(file);
  return text === undefined ? emptyLeaseRecord : parseLeaseRecord(text, file);
}

// A power cut ends every holder and all who wait; only the fence must not go back, so a new holding waits for the disk.
async function writeRecord(
  paths: StatePaths,
  environment: EnvironmentName,
  record: LeaseRecord,
  durable = false,
): Promise<void> {
  const text = `${JSON.stringify(record, null, 2)}\n`;
  await writeAtomically(leaseFile(paths, environment), text, {mode: 0o644, durable});
}
