import {workloadLines} from '../../engine/coordinator/requests/workload-lines.ts';
import {outputsOf, type Run} from '../../engine/coordinator/run/run-workloads.ts';
import type {WorkloadRow} from '../../engine/coordinator/store/store.ts';
import type {WorkloadNow} from '../../engine/view/workload-view.ts';
import type {FollowSource} from './follow-workloads.ts';
import {saveOutputs} from './save-outputs.ts';

/** Workloads of a coordinator of this process. */
export const followRun = (run: Run): FollowSource => ({
  look: async () => (await run.look()).map(nowOf),
  changed: () => run.changed(),
  // Ends with the workload; who stops looking ends the process.
  lines: id => workloadLines(run.coordinator, 'everyone', id, {signal: new AbortController().signal}),
});

const nowOf = ({
  id,
  workload,
  state,
  attempt,
  worker,
  reason,
  exitCode,
  startedAt,
  endedAt,
}: WorkloadRow): WorkloadNow => ({
  id,
  name: workload.name,
  ...(workload.version !== undefined && {version: workload.version}),
  state,
  attempt,
  ...(worker !== undefined && {worker}),
  ...(reason !== undefined && {reason}),
  ...(exitCode !== undefined && {exitCode}),
  ...(startedAt !== undefined && {startedAt}),
  ...(endedAt !== undefined && {endedAt}),
});

/** Files that they left, below a folder; of several, each in a folder of its name. */
export async function saveRunOutputs(run: Run, folder: string): Promise<readonly string[]> {
  const written: string[] = [];
  for (const row of await run.look()) {
    const into = run.ids.length === 1 ? folder : `${folder}/${row.workload.name}`;
    written.push(...(await saveOutputs(into, await outputsOf(run, row))));
  }
  return written;
}

/** What they gave back as JSON, by id. */
export const resultsOf = async (run: Run): Promise<ReadonlyMap<string, unknown>> =>
  new Map((await run.look()).map(({id, result}) => [id, result]));
