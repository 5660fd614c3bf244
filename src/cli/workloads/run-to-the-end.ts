import type {Run} from '../../engine/coordinator/run/run-workloads.ts';
import type {Session} from '../../engine/session.ts';
import {Exit} from '../../engine/spec/exit-codes.ts';
import type {Workload} from '../../engine/spec/workload.ts';
import {printableJson} from '../../engine/view/printable.ts';
import {exitOfWorkloads, timesAsText} from '../../engine/view/workload-view.ts';
import {tell, writeLine} from '../output.ts';
import {serveLog} from '../serve-log.ts';
import {followWorkloads} from './follow-workloads.ts';
import {followRun, resultsOf, saveRunOutputs} from './run-here.ts';
import {type Telling, tellWorkloads} from './tell-workloads.ts';

export interface RunTelling {
  readonly session: Session;
  readonly signal: AbortSignal;
  readonly telling: Omit<Telling, 'names'>;
  readonly verbose: boolean;
  /** Folder for the files that they leave. */
  readonly outputs?: string;
}

/** Runs workloads here, tells what happens, and returns the exit code. */
export async function runToTheEnd(workloads: readonly Workload[], wish: RunTelling): Promise<number> {
  const {runWorkloads} = await import('../../engine/coordinator/run/run-workloads.ts');
  const {session, verbose} = wish;
  for (const {name} of workloads.filter(({schedule}) => schedule)) {
    tell(`${name} has a schedule: it runs once, now; niyanta submit keeps to the schedule`);
  }
  const {log} = serveLog({level: verbose ? 'debug' : 'error', format: 'auto', sampling: 0}, process.stderr);
  const run = await runWorkloads(workloads, {session, log, onBuild: line => tell(line)});
  return followToTheEnd(
    run,
    workloads.map(({name}) => name),
    wish,
  );
}

/** Follows a run, and lets go of it at any end. */
export async function followToTheEnd(run: Run, names: readonly string[], wish: RunTelling): Promise<number> {
  const {signal, telling, outputs} = wish;
  try {
    const cancel = async (): Promise<void> => {
      tell('cancelling; what a second Ctrl-C leaves behind is ended by: niyanta run --end-killed');
      await run.cancel();
    };
    const ended = await followWorkloads(followRun(run), {
      ...tellWorkloads({...telling, names}),
      interrupt: {signal, cancel},
    });
    const files = outputs === undefined ? [] : await saveRunOutputs(run, outputs);
    if (telling.json) {
      const results = await resultsOf(run);
      const workloads = ended.map(each => ({...timesAsText(each), result: results.get(each.id)}));
      await writeLine(process.stdout, printableJson({type: 'result', workloads, files}));
    } else for (const file of files) tell(`wrote ${file}`);
    return signal.aborted ? Exit.interrupted : exitOfWorkloads(ended);
  } finally {
    await run.close();
  }
}
