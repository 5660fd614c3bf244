import type {LogLine} from '../../engine/coordinator/log-line.ts';
import {LogWriter} from '../../engine/view/log-view.ts';
import type {Look} from '../../engine/view/look.ts';
import {printableJson} from '../../engine/view/printable.ts';
import {type WorkloadNow, workloadEvent, workloadLine} from '../../engine/view/workload-view.ts';
import {tell, writeLine} from '../output.ts';
import type {FollowListener} from './follow-workloads.ts';

export interface Telling {
  readonly json: boolean;
  readonly logs: boolean;
  /** Of standard output and of standard error. */
  readonly look: Look;
  readonly lookAtNotes: Look;
  /** Names, to lay out; one alone prints as if it ran here. */
  readonly names: readonly string[];
}

/** Prints what happens to workloads: changes on standard error, what they print on the stream they printed it to. */
export function tellWorkloads(telling: Telling): Omit<FollowListener, 'interrupt'> {
  const {json, logs, look, lookAtNotes, names} = telling;
  const width = Math.max(...names.map(name => name.length), 0);
  const writer = new LogWriter({style: look.style, timestamps: false, raw: !process.stdout.isTTY});
  return {
    async onChange(workload) {
      if (json) await writeLine(process.stdout, printableJson(workloadEvent(workload)));
      else tell(workloadLine(workload, lookAtNotes, width));
    },
    ...(logs && {
      async onLine(workload: WorkloadNow, line: LogLine) {
        if (json) return writeLine(process.stdout, printableJson({type: 'log', workload: workload.name, ...line}));
        const stream = line.stream === 'stderr' ? process.stderr : process.stdout;
        await writeLine(stream, names.length === 1 ? line.text : writer.named(workload.name, line.text));
      },
    }),
    onSilent(workload, error) {
      tell(`the log of ${workload.name} cannot be read: ${(error as Error).message}`);
    },
  };
}
