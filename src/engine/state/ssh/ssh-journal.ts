import {isRunId, KEPT_RUNS} from '../run-id.ts';
import {type HeldBy, LeaseGone, type StoreBackend} from '../store-backend.ts';
import {appendRun, beginRun, HostExit, type JournalAppend} from './scripts.ts';
import {leaseFile} from './ssh-leases.ts';
import type {StateFiles} from './state-files.ts';
import type {Said} from './state-host.ts';

const folderOf = (environment: string): string => encodeURIComponent(environment);

/** Journals as one file a run on the host. */
export function sshJournal(files: StateFiles): Pick<StoreBackend, 'appendLines' | 'runs' | 'lines'> {
  /** Where each run that this process writes ends, in bytes: nobody else writes it while the lease is held. */
  const ends = new Map<string, number>();
  return {
    async appendLines(held, run, lines) {
      const {environment, id} = held;
      const to: JournalAppend = {lease: leaseFile(environment), id, folder: folderOf(environment), run};
      const key = `${environment} ${run}`;
      const offset =
        ends.get(key) ?? Number(checked(held, files, await files.host.run(beginRun(files.lock, to, KEPT_RUNS))).stdout);
      const length = Buffer.byteLength(lines);
      // Until the answer is there nobody knows where the run ends.
      ends.delete(key);
      const append = (again: boolean) => appendRun(files.lock, to, {offset, length, again});
      checked(held, files, await files.host.send(append, lines));
      ends.set(key, offset + length);
    },
    async runs(environment) {
      const names = await files.list(`journal/${folderOf(environment)}`);
      return names.flatMap(name => (name.endsWith('.jsonl') && isRunId(name.slice(0, -6)) ? [name.slice(0, -6)] : []));
    },
    lines: async (environment, run) => (await files.read(`journal/${folderOf(environment)}/${run}.jsonl`)).text ?? '',
  };
}

function checked({environment}: HeldBy, files: StateFiles, said: Said): Said {
  if (said.code === HostExit.leaseGone) throw new LeaseGone(environment);
  return files.succeeded(said);
}
