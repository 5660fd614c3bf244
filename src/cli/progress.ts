import type {ApplyEvent, OnEvent} from '../engine/executor/events.ts';
import type {Operation} from '../engine/planner/plan.ts';
import {eventJson} from '../engine/view/event-json.ts';
import {eventLines} from '../engine/view/event-lines.ts';
import type {Look} from '../engine/view/look.ts';
import {printableJson} from '../engine/view/printable.ts';
import {tell} from './output.ts';

/** Where progress goes while a plan runs. */
export interface Progress {
  readonly onEvent: OnEvent;
  /** Resolves when everything is on the screen; call it before printing the result. */
  end(): Promise<void>;
}

export interface ProgressOptions {
  readonly operations: readonly Operation[];
  /** Standard output gets one line of JSON an event, the result too: print nothing more then. */
  readonly json: boolean;
  /** Standard error is a terminal that can be drawn on. */
  readonly interactive: boolean;
  /** How standard error is looked at. */
  readonly look: Look;
}

/** JSON lines with `--json`, listr2 tasks on a terminal, plain lines of what starts and finishes otherwise. */
export async function showProgress(options: ProgressOptions): Promise<Progress> {
  if (options.json) return jsonProgress();
  if (!options.interactive || options.operations.length === 0) return plainProgress(options);
  const {taskProgress} = await import('./progress-tasks.ts');
  return taskProgress(options, plainProgress(options));
}

function jsonProgress(): Progress {
  return {
    onEvent: event => void process.stdout.write(`${printableJson(eventJson(event))}\n`),
    end: async () => {},
  };
}

function plainProgress({look}: ProgressOptions): Progress {
  const titles = new Map<string, string>();
  return {
    onEvent: (event: ApplyEvent) => {
      if (event.type === 'operation-started') titles.set(event.operation, event.title);
      for (const line of eventLines(event, titles, look)) tell(line);
    },
    end: async () => {},
  };
}
