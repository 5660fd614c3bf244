import type {Coordinator} from '../coordinator.ts';
import type {LogLine} from '../log-line.ts';
import type {Scope, WorkloadId, WorkloadRow} from '../store/store.ts';
import {hasEnded} from '../workload-states.ts';

export interface LinesWish {
  /** Only of this attempt. */
  readonly attempt?: number;
  /** Where to go on. */
  readonly from?: {readonly attempt: number; readonly after: string};
  readonly signal: AbortSignal;
}

/** How long a change may stay unseen when nobody tells of it. */
const LOOK_MS = 1000;

/** What a workload prints, from attempt to attempt, until it has ended (or the attempt that was asked for). */
export async function* workloadLines(
  coordinator: Coordinator,
  scope: Scope,
  id: WorkloadId,
  {attempt, from, signal}: LinesWish,
): AsyncGenerator<LogLine, WorkloadRow | undefined> {
  let here = attempt ?? from?.attempt;
  let after = from && from.attempt === here ? from.after : undefined;
  while (!signal.aborted) {
    const before = await coordinator.store.workload(scope, id);
    if (before === undefined) return undefined;
    here ??= before.attempt > 0 ? before.attempt : undefined;
    if (here !== undefined && here <= before.attempt) {
      const lines = await coordinator.logs(scope, id, {follow: true, attempt: here, after, signal});
      for await (const line of lines ?? []) {
        after = line.id;
        yield line;
      }
      if (signal.aborted) return undefined;
    }
    const row = await coordinator.store.workload(scope, id);
    if (row === undefined || (hasEnded(row.state) && (here === undefined || here >= row.attempt))) return row;
    if (here !== undefined && here < row.attempt) {
      if (attempt !== undefined) return row;
      here += 1;
      after = undefined;
    } else await changed(coordinator, id, signal);
  }
  return undefined;
}

/** Something happened to it, or a second went by. */
function changed(coordinator: Coordinator, id: WorkloadId, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer);
      stop();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, LOOK_MS);
    const stop = coordinator.subscribe(event => {
      if (event.workload === id) done();
    });
    signal.addEventListener('abort', done, {once: true});
  });
}
