import {abandonedRuns, claimRunFolder} from '../../engine/coordinator/run/run-folder.ts';
import {tell} from '../output.ts';
import {serveLog} from '../serve-log.ts';
import {followToTheEnd, type RunTelling} from './run-to-the-end.ts';

/** Says so when runs of this project were killed. */
export async function tellAbandonedRuns(project: string): Promise<void> {
  const left = await abandonedRuns(project);
  if (left.length === 0) return;
  const runs = left.length === 1 ? 'an earlier run was killed' : `${left.length} earlier runs were killed`;
  tell(`${runs}; what they left on hosts is ended by: niyanta run --end-killed`);
}

/** Cancels what killed runs left, and waits for its end. */
export async function endAbandonedRuns(wish: RunTelling): Promise<void> {
  const {takeUpRun} = await import('../../engine/coordinator/run/run-workloads.ts');
  const left = await abandonedRuns(wish.session.project.directory);
  if (left.length === 0) tell('no run was killed');
  const {log} = serveLog({level: wish.verbose ? 'debug' : 'error', format: 'auto', sampling: 0}, process.stderr);
  for (const folder of left) {
    await claimRunFolder(folder);
    const run = await takeUpRun(folder, {session: wish.session, log, onBuild: line => tell(line)});
    await run.cancel();
    const names = (await run.look()).map(({workload}) => workload.name);
    await followToTheEnd(run, names, {...wish, telling: {...wish.telling, logs: false}});
  }
}
