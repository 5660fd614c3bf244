import {randomUUID} from 'node:crypto';
import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import type {EnvironmentName} from '../spec/stack.ts';
import {writeAtomically} from './atomic-file.ts';
import {leaseHeld, leaseLost} from './lease-errors.ts';
import {
  ask,
  currentHolding,
  emptyLeaseRecord,
  type Holding,
  type LeaseRecord,
  leaveQueue,
  parseLeaseRecord,
  renewed,
  toHolder,
  vacated,
} from './lease-record.ts';
import type {LeaseTimes} from './lease-times.ts';
import {textIfThere} from './lock-file-adapter.ts';
import {withMutex} from './mutex.ts';
import {hasEnded, ownerName, thisProcess} from './process-identity.ts';
import type {StatePaths} from './state-paths.ts';
import type {Lease, LeaseHolder, Progress} from './store.ts';
import {storeNow} from './store-clock.ts';

/** What one asks with. */
export interface LeaseRequest {
  readonly environment: EnvironmentName;
  readonly reason: string;
  readonly waitMs: number;
  readonly onWait?: (holder: LeaseHolder) => void;
  /** Aborted: waits no longer. */
  readonly signal?: AbortSignal;
  /** Highest fence that the lock file knows of, read inside the mutex. */
  readonly fenceAbove: () => Promise<number>;
}

/** A lease on files; `check` must be called inside the mutex, before a write that relies on it. */
export interface FileLease extends Lease {
  readonly environment: EnvironmentName;
  check(): Promise<void>;
}

/** Waits its turn, first come first served. Errors: UserError `lock-held`, exit 4. */
export async function acquireLease(paths: StatePaths, request: LeaseRequest, times: LeaseTimes): Promise<FileLease> {
  const id = randomUUID();
  const deadline = performance.now() + request.waitMs;
  let told: string | undefined;
  for (;;) {
    const attempt = await askOnce(paths, request, id, times);
    if (attempt.taken) return keep(paths, request.environment, attempt.holding, times);
    const left = deadline - performance.now();
    if (left <= 0 || request.signal?.aborted) {
      await change(paths, request.environment, record => leaveQueue(record, id));
      request.signal?.throwIfAborted();
      throw leaseHeld(request.environment, attempt.behind && toHolder(attempt.behind));
    }
    if (attempt.behind && attempt.behind.id !== told) {
      told = attempt.behind.id;
      request.onWait?.(toHolder(attempt.behind));
    }
    await sleep(Math.min(times.pollMs, left));
  }
}

/** Who holds it now, if anybody does. */
export async function readHolder(paths: StatePaths, environment: EnvironmentName): Promise<LeaseHolder | undefined> {
  const record = await readRecord(paths, environment);
  // Without a lease file there is no need to touch the disk to learn the time.
  if (record.holding === undefined) return undefined;
  const holding = currentHolding(record, await storeNow(paths.clock), hasEnded);
  return holding && toHolder(holding);
}

/** Every lease that is held now, sorted by environment. */
export async function readHolders(paths: StatePaths) {
  const files = await readdir(paths.leases).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const names = files.filter(file => /^[^.].*\.json$/.test(file)).map(file => decodeURIComponent(file.slice(0, -5)));
  const found: {environment: EnvironmentName; holder: LeaseHolder}[] = [];
  for (const environment of names.sort()) {
    const holder = await readHolder(paths, environment);
    if (holder) found.push({environment, holder});
  }
  return found;
}

/** Breaks a lease; its holder notices when it next renews or writes. Returns whom it was taken from. */
export async function breakLease(paths: StatePaths, environment: EnvironmentName): Promise<LeaseHolder | undefined> {
  return await withMutex(paths.mutex, async () => {
    const record = await readRecord(paths, environment);
    if (record.holding === undefined) return undefined;
    await writeRecord(paths, environment, vacated(record));
    return toHolder(record.holding);
  });
}

async function askOnce(paths: StatePaths, request: LeaseRequest, id: string, times: LeaseTimes) {
  return await withMutex(paths.mutex, async () => {
    const record = await readRecord(paths, request.environment);
    const now = await storeNow(paths.clock);
    const wanted = {
      id,
      owner: ownerName(),
      reason: request.reason,
      since: now,
      expires: now + times.ttlMs,
      process: thisProcess(),
    };
    const ticketMs = Math.max(times.ttlMs / 3, times.pollMs * 5);
    const attempt = ask(record, wanted, {now, ticketMs, fenceAbove: await request.fenceAbove()}, hasEnded);
    // Who does not wait needs no place in the queue.
    if (attempt.taken || request.waitMs > 0) {
      await writeRecord(paths, request.environment, attempt.record, attempt.taken);
    }
    return attempt;
  });
}

function keep(paths: StatePaths, environment: EnvironmentName, holding: Holding, times: LeaseTimes): FileLease {
  const lost = new AbortController();
  const lose = (cause?: unknown) => {
    clearTimeout(timer);
    if (!lost.signal.aborted) lost.abort(leaseLost(environment, cause));
  };
  let holder = toHolder(holding);
  let confirmed = performance.now();
  let released = false;
  let reported: Progress | undefined;

  const renew = async () => {
    const startedAt = performance.now();
    try {
      const mine = await change(paths, environment, (record, now) =>
        renewed(record, {
          id: holding.id,
          expires: now + times.ttlMs,
          progress: reported && {...reported, at: now},
        }),
      );
      if (released) return;
      if (mine?.holding?.id !== holding.id) return lose();
      holder = toHolder(mine.holding);
      confirmed = startedAt;
    } catch (error) {
      // A disk that is full for a moment is no reason to stop while the lease still counts.
      if (performance.now() + times.renewMs >= confirmed + times.ttlMs) return lose(error);
    }
    schedule();
  };
  let timer: NodeJS.Timeout;
  const schedule = () => {
    if (released || lost.signal.aborted) return;
    timer = setTimeout(renew, times.renewMs);
    timer.unref();
  };
  schedule();

  return {
    environment,
    get holder() {
      return holder;
    },
    lost: lost.signal,
    report(progress) {
      reported = progress;
    },
    async check() {
      lost.signal.throwIfAborted();
      const record = await readRecord(paths, environment);
      if (record.holding?.id === holding.id) return;
      lose();
      lost.signal.throwIfAborted();
    },
    async release() {
      if (released) return;
      released = true;
      clearTimeout(timer);
      await change(paths, environment, record => (record.holding?.id === holding.id ? vacated(record) : undefined));
    },
  };
}

type Transition = (record: LeaseRecord, now: number) => LeaseRecord | undefined;

/** Under the mutex; undefined from `transition` writes nothing. Returns what it returned. */
async function change(paths: StatePaths, environment: EnvironmentName, transition: Transition) {
  return await withMutex(paths.mutex, async () => {
    const record = await readRecord(paths, environment);
    const next = transition(record, await storeNow(paths.clock));
    if (next) await writeRecord(paths, environment, next);
    return next;
  });
}

// Two names that differ only in a character that file names cannot have must not meet in one file.
const leaseFile = (paths: StatePaths, environment: EnvironmentName) =>
  join(paths.leases, `${encodeURIComponent(environment)}.json`);

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
