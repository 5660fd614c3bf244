import {parseLogLine} from '../runtime/logs.ts';
import type {Store, WorkloadRow} from './store/store.ts';
import type {AttemptLogLine} from './types/workload-type.ts';

/** What was kept of the log of a workload's newest attempt when that ended: its end, as the logger of its host wrote it. */
export async function* storedLines(
  row: WorkloadRow,
  after: string | undefined,
  store: Store,
): AsyncGenerator<AttemptLogLine> {
  const sha256 = row.outputs.log;
  const content = sha256 === undefined ? undefined : await store.blob(sha256);
  if (!content) return;
  let before = '';
  let count = 0;
  let seen = after === undefined;
  const lines = Buffer.from(content)
    .toString('utf8')
    .split('\n')
    .flatMap(line => parseLogLine(line) ?? []);
  for (const {at, stream, text} of lines) {
    count = at === before ? count + 1 : 0;
    before = at;
    const id = `${at}.${count}`;
    if (seen || at > timeOf(after)) yield {id, at, stream, text};
    seen ||= id === after;
  }
}

const timeOf = (id: string | undefined): string => id?.replace(/\.\d+$/, '') ?? '';
