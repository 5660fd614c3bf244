import {UserError} from '../spec/errors.ts';
import {Exit} from '../spec/exit-codes.ts';
import {acquireLease} from './acquire-lease.ts';
import {openJournal} from './journal.ts';
import type {HeldLease} from './keep-lease.ts';
import {leaseLost} from './lease-errors.ts';
import {currentHolding, toHolder, toWaiter, vacated, waiting} from './lease-record.ts';
import type {LeaseTimes} from './lease-times.ts';
import type {LockFile} from './lock-file.ts';
import {emptyLockFile, formatLockFile, parseLockFile} from './lock-file-schema.ts';
import {hasEnded} from './process-identity.ts';
import {salvage} from './salvage.ts';
import type {Journal, Lease, StateStore} from './store.ts';
import {type HeldBy, LeaseGone, type StoreBackend} from './store-backend.ts';

/** A store out of a backend: what is alike for all of them. */
export function stateStore(backend: StoreBackend, project: string, times: LeaseTimes): StateStore {
  const {location, leases} = backend;
  const held = new Set<HeldLease>();
  const parse = async (text: string | undefined) =>
    text === undefined ? emptyLockFile(project, await backend.initialSalt()) : parseLockFile(text, location, project);
  const read = async () => parse(await backend.readText());
  const all = () => current(backend);
  return {
    location,
    read,
    journal: heldJournal(backend, held),
    async update(expected, change) {
      let next: LockFile | undefined;
      const guard = {kind: 'held' as const, leases: [...held].map(heldBy)};
      await whileHeld(held, () =>
        backend.swapText(guard, async text => {
          const lock = await parse(text);
          if (lock.serial !== expected) throw stale(expected, lock.serial);
          next = {...withFences(change(lock), held), project, serial: lock.serial + 1};
          return formatLockFile(next);
        }),
      );
      return next!;
    },
    async replace(make) {
      let next: LockFile | undefined;
      const kept = (await backend.backups())[0]?.serial ?? 0;
      await backend.swapText({kind: 'free'}, async text => {
        const old = salvage(text ?? '');
        const serial = Math.max(old.serial, kept);
        const salt = old.salt ?? (await backend.initialSalt());
        const made = make({
          serial,
          salt,
          saltKnown: old.salt !== undefined,
          ...(old.secrets && {secrets: old.secrets}),
        });
        next = {...made, serial: Math.max(serial, made.serial) + 1};
        return formatLockFile(next);
      });
      return next!;
    },
    backups: () => backend.backups(),
    async backup(serial) {
      const text = await backend.backupText(serial);
      if (text !== undefined) return parseLockFile(text, `${location}, serial ${serial}`, project);
      throw new UserError({
        code: 'backup-not-found',
        message: `${location}: no copy of serial ${serial} is kept`,
        hint: 'See the copies that niyanta keeps with `niyanta state restore --list`.',
      });
    },
    async acquire(environment, reason, options) {
      const {environments, fenceFloor = 0} = await read();
      const fenceAbove = environments[environment]?.fence ?? fenceFloor;
      const lease = await acquireLease(leases, {...options, environment, reason, fenceAbove}, times);
      held.add(lease);
      return withRelease(lease, async () => {
        held.delete(lease);
        await lease.release();
      });
    },
    async holder(environment) {
      return (await all()).find(one => one.environment === environment)?.holder;
    },
    async queue(environment) {
      return (await all()).find(one => one.environment === environment)?.queue ?? [];
    },
    async holders() {
      return (await all()).flatMap(({environment, holder}) => (holder ? [{environment, holder}] : []));
    },
    release: environment =>
      leases.transact(environment, record => ({
        record: record.holding && vacated(record),
        result: record.holding && toHolder(record.holding),
      })),
    close: () => backend.close(),
  };
}

const heldBy = ({environment, holder}: HeldLease): HeldBy => ({environment, id: holder.id});

/** Who holds and who waits for what now, sorted by environment. */
async function current({leases}: StoreBackend) {
  const {now, records} = await leases.all();
  return [...records]
    .sort((a, b) => (a.environment < b.environment ? -1 : 1))
    .map(({environment, record}) => {
      const holding = currentHolding(record, now, hasEnded);
      return {
        environment,
        holder: holding && toHolder(holding),
        queue: waiting(record, now, hasEnded).map(toWaiter),
      };
    });
}

/** Does what relies on leases; one that turns out to be gone is lost for good. */
async function whileHeld<T>(held: ReadonlySet<HeldLease>, work: () => Promise<T>): Promise<T> {
  for (const {lost} of held) lost.throwIfAborted();
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof LeaseGone)) throw error;
    const lease = [...held].find(({environment}) => environment === error.environment);
    lease?.lose();
    throw leaseLost(error.environment);
  }
}

function heldJournal(backend: StoreBackend, held: ReadonlySet<HeldLease>): Journal {
  return openJournal({
    append: (environment, run, lines) => {
      const lease = [...held].find(one => one.environment === environment);
      if (lease === undefined) throw leaseLost(environment);
      return whileHeld(held, () => backend.appendLines(heldBy(lease), run, lines));
    },
    runs: environment => backend.runs(environment),
    read: (environment, run) => backend.lines(environment, run),
  });
}

const withRelease = (lease: HeldLease, release: () => Promise<void>): Lease => ({
  get holder() {
    return lease.holder;
  },
  lost: lease.lost,
  report: progress => lease.report(progress),
  release,
});

/** The lock file remembers the fences given out, so that a fresh clone of the project goes on from there. */
function withFences(lock: LockFile, held: ReadonlySet<HeldLease>): LockFile {
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
