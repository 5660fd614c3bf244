import {randomBytes} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Host} from '../../spec/project.ts';
import {type StateLocation, stateText} from '../../spec/state-location.ts';
import {KEPT_BACKUPS, serialIn} from '../backups.ts';
import {leaseHeld} from '../lease-errors.ts';
import {currentHolding, toHolder} from '../lease-record.ts';
import {type LeaseTimes, leaseTimes} from '../lease-times.ts';
import type {StoreSurroundings} from '../open-store.ts';
import {hasEnded} from '../process-identity.ts';
import {stateStore} from '../state-store.ts';
import type {StateStore} from '../store.ts';
import {type Guard, LeaseGone, type StoreBackend} from '../store-backend.ts';
import type {Check} from './scripts.ts';
import {sshJournal} from './ssh-journal.ts';
import {environmentOf, leaseFile, sshLeases} from './ssh-leases.ts';
import {StateFiles, unchanged} from './state-files.ts';
import {StateHost} from './state-host.ts';

type SshLocation = Extract<StateLocation, {kind: 'ssh'}>;

/** Each question is a round trip: those who wait ask less often than on a disk of their own. */
const sshTimes: LeaseTimes = {...leaseTimes, pollMs: 500};

/**
 * State in a JSON file on a host, with leases, backups and journal beside it: for a team and CI. The lock is the
 * host's (`flock`), the clock is the host's.
 */
export function openSshStore(
  location: SshLocation,
  project: string,
  {hosts, ssh}: Pick<StoreSurroundings, 'hosts' | 'ssh'>,
  times: LeaseTimes = sshTimes,
): StateStore {
  const where = stateText(location);
  const host = new StateHost(hostOf(location, hosts), ssh, where);
  return stateStore(sshBackend(where, new StateFiles(host, location.path)), project, times);
}

/** A host of the project when the name is one, with what else the URL says; otherwise what ssh makes of it. */
function hostOf({host, user, port}: SshLocation, hosts: readonly Host[]): Host {
  const own = hosts.find(({name}) => name === host);
  const said = {...(user === undefined ? {} : {user}), ...(port === undefined ? {} : {port})};
  if (own) return {...own, ...said};
  return {
    name: host,
    address: host,
    local: false,
    sudo: false,
    connectTimeoutMs: 10_000,
    labels: {},
    drain: false,
    ...said,
  };
}

function sshBackend(location: string, files: StateFiles): StoreBackend {
  return {
    location,
    leases: sshLeases(files),
    readText: async () => (await files.read('lock')).text,
    swapText: (guard, make) => swapText(files, guard, make),
    initialSalt: () => initialSalt(files),
    async backups() {
      const names = await files.list('backups');
      const serials = names.filter(name => /^\d+\.json$/.test(name)).map(name => Number.parseInt(name, 10));
      return serials.sort((a, b) => b - a).map(serial => ({serial, location: `${location}, copy of serial ${serial}`}));
    },
    backupText: async serial => (await files.read(`backups/${serial}.json`)).text,
    ...sshJournal(files),
    close: () => files.host.close(),
  };
}

/** Reads, makes, and writes if nothing has moved meanwhile; else again. */
async function swapText(files: StateFiles, guard: Guard, make: (old: string | undefined) => Promise<string>) {
  for (;;) {
    const guarding = await checksOf(files, guard);
    const seen = await files.read('lock');
    const text = await make(seen.text);
    const serial = seen.text === undefined ? undefined : serialIn(seen.text);
    const swapped = await files.swap({
      file: 'lock',
      text,
      durable: true,
      ...(serial === undefined ? {} : {backup: {serial, kept: KEPT_BACKUPS}}),
      checks: [unchanged('lock', seen.hash), ...guarding],
    });
    if (swapped === 'done') return;
    if (swapped !== 'moved') throw new LeaseGone(environmentOf(swapped.gone));
    await sleep(10 + Math.random() * 40);
  }
}

async function checksOf(files: StateFiles, guard: Guard): Promise<readonly Check[]> {
  if (guard.kind === 'held')
    return guard.leases.map(({environment, id}) => ({kind: 'holds', file: leaseFile(environment), id}));
  const {now, hash, records} = await sshLeases(files).all();
  for (const {environment, record} of records) {
    const holding = currentHolding(record, now, hasEnded);
    if (holding) throw leaseHeld(environment, toHolder(holding));
  }
  return [{kind: 'leases', hash}];
}

async function initialSalt(files: StateFiles): Promise<string> {
  for (;;) {
    const {hash, text} = await files.read('salt');
    if (text !== undefined && text !== '') return text;
    const mine = randomBytes(18).toString('base64');
    // Of two at once one's salt wins; the other reads it.
    await files.swap({file: 'salt', text: mine, durable: true, checks: [unchanged('salt', hash)]});
  }
}
