import {setTimeout as sleep} from 'node:timers/promises';
import type {EnvironmentName} from '../../spec/stack.ts';
import type {LeaseBoard} from '../lease-board.ts';
import {emptyLeaseRecord, parseLeaseRecord} from '../lease-record.ts';
import type {StateFile} from './scripts.ts';
import {type StateFiles, unchanged} from './state-files.ts';

/** Two names that differ only in a character that file names cannot have must not meet in one file. */
export const leaseFile = (environment: EnvironmentName): StateFile => `leases/${encodeURIComponent(environment)}.json`;

export const environmentOf = (file: string): EnvironmentName =>
  decodeURIComponent(file.replace(/^leases\//, '').replace(/\.json$/, ''));

/** A board that also tells the hash by which all records together are known to have stayed as they are. */
interface HashedBoard extends LeaseBoard {
  all(): Promise<Awaited<ReturnType<LeaseBoard['all']>> & {readonly hash: string}>;
}

/** Lease records as files on a host: read, decided upon here, and written if they are still what was read. */
export function sshLeases(files: StateFiles): HashedBoard {
  const parsed = (text: string, file: string) =>
    parseLeaseRecord(text, `${files.lock}: ${file} beside it on ${files.host.name}`);
  return {
    async transact(environment, decide, {signal} = {}) {
      const file = leaseFile(environment);
      for (;;) {
        const {now, hash, text} = await files.read(file, signal);
        const {
          record,
          durable = false,
          result,
        } = decide(text === undefined ? emptyLeaseRecord : parsed(text, file), now);
        if (record === undefined) return result;
        const next = `${JSON.stringify(record, null, 2)}\n`;
        const swapped = await files.swap({file, text: next, durable, checks: [unchanged(file, hash)]}, signal);
        if (swapped === 'done') return result;
        await sleep(5 + Math.random() * 45, undefined, {signal});
      }
    },
    async all() {
      const {now, hash, files: found} = await files.readLeases();
      const records = found.map(([name, text]) => ({environment: environmentOf(name), record: parsed(text, name)}));
      return {now, hash, records};
    },
  };
}
