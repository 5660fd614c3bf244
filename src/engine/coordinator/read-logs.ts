import type {LogOptions} from './coordinator.ts';
import type {LogLine} from './log-line.ts';
import type {Scope, Store, WorkloadRow} from './store/store.ts';
import {storedLines} from './stored-log.ts';
import type {Attempt, AttemptLogLine, WorkloadType} from './types/workload-type.ts';
import {isHostLoss} from './workers/outside-failure.ts';
import type {WorkerPool} from './workers/worker-pool.ts';
import {hasEnded, holdsPlace} from './workload-states.ts';

export interface LogReaderParts {
  readonly store: Store;
  readonly types: ReadonlyMap<string, WorkloadType>;
  readonly workers: WorkerPool;
  readonly sleep: (ms: number) => Promise<void>;
}

const askAgainMs = 200;

/** Lines of one attempt: of its host while it runs, as they were kept once it has ended, each once. */
export async function* readLogs(
  first: WorkloadRow,
  scope: Scope,
  {attempt: wanted, after, follow, signal}: LogOptions,
  parts: LogReaderParts,
): AsyncGenerator<LogLine> {
  let last = after;
  let attempt = wanted;
  for (
    let row: WorkloadRow | undefined = first;
    row && !signal.aborted;
    row = await parts.store.workload(scope, first.id)
  ) {
    attempt ??= row.attempt > 0 ? row.attempt : undefined;
    const goesOn = attempt === undefined ? !hasEnded(row.state) : row.attempt === attempt && holdsPlace(row.state);
    const lines = goesOn ? linesOfHost(row, {follow, after: last, signal}, parts) : storedLines(row, last, parts.store);
    if (attempt === row.attempt)
      for await (const line of lines) {
        last = line.id;
        yield {...line, attempt};
      }
    if (!goesOn || !follow) return;
    await parts.sleep(askAgainMs);
  }
}

/** Nothing where it was not begun yet, or its host does not answer: it is asked again. */
async function* linesOfHost(
  row: WorkloadRow,
  options: {readonly follow: boolean; readonly after?: string; readonly signal: AbortSignal},
  {types, workers}: LogReaderParts,
): AsyncGenerator<AttemptLogLine> {
  const type = types.get(row.workload.type);
  const worker = workers.worker(row.worker ?? '');
  const connection = worker?.connection();
  if (row.state === 'SCHEDULED') return;
  try {
    if (worker?.agent) yield* worker.agent.logs(row, options);
    else if (type?.logs && connection)
      yield* type.logs(viewOf(row, type, {name: row.worker ?? '', connection}, options.signal), options);
  } catch (error) {
    if (!isHostLoss(error) && !options.signal.aborted) throw error;
  }
}

/** The attempt as somebody sees it who only looks. */
export const viewOf = (row: WorkloadRow, type: WorkloadType, host: Attempt['host'], signal: AbortSignal): Attempt => ({
  workload: row,
  attempt: row.attempt,
  lease: row.lease ?? '',
  config: type.config.parse(type.name === 'container' ? row.workload.container : row.workload.with),
  host,
  checkpoints: [],
  report: {started() {}, progress() {}, restored() {}, corrupt() {}, checkpointed() {}, notKept() {}},
  signal,
});
