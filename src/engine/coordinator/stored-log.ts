import type {Store, WorkloadRow} from './store/store.ts';
import {keptLogLines} from './types/kept-log.ts';
import type {AttemptLogLine} from './types/workload-type.ts';

/** What was kept of the log of a workload's newest attempt when that ended. */
export async function* storedLines(
  row: WorkloadRow,
  after: string | undefined,
  store: Store,
): AsyncGenerator<AttemptLogLine> {
  const sha256 = row.outputs.log;
  const content = sha256 === undefined ? undefined : await store.blob(sha256);
  if (content) yield* await keptLogLines(content, after);
}
