import {Listr, ListrLogger, type ListrTaskWrapper, ProcessOutput} from 'listr2';
import type {ApplyEvent} from '../engine/executor/events.ts';
import type {Operation} from '../engine/planner/plan.ts';
import {logLines, progressText} from '../engine/view/event-lines.ts';
import {printable} from '../engine/view/printable.ts';
import {Interruption} from './interruption.ts';
import type {Progress, ProgressOptions} from './progress.ts';

type Task = Pick<ListrTaskWrapper<unknown, never, never>, 'title' | 'output'>;

/**
 * One task a service (and one for the hosts), so that forty replicas fit a screen: how many operations are done, and
 * the latest thing that happens. A rollback ends the tasks and goes on in plain lines.
 */
export function taskProgress({operations, look}: ProgressOptions, plain: Progress): Progress {
  const sections = [...Map.groupBy(operations, ({service}) => service ?? 'hosts')].map(
    ([name, members]) => new Section(name, members),
  );
  const owner = new Map(sections.flatMap(section => section.operations.map(({id}) => [id, section] as const)));
  const screen = draw(sections);
  Interruption.current()?.signal.addEventListener('abort', () => {
    for (const section of sections) section.say('stopping; Ctrl-C once more ends at once');
  });
  const after: string[] = [];
  let ended = false;
  const end = async () => {
    if (ended) return;
    ended = true;
    for (const section of sections) section.end();
    await screen;
    for (const line of after) process.stderr.write(`${line}\n`);
  };
  return {
    end,
    onEvent: event => {
      if (event.type === 'rollback-started') void end();
      if (ended) return void screen.then(() => plain.onEvent(event));
      if (event.type === 'operation-finished') after.push(...logLines(event, look.style.dim));
      if ('operation' in event) owner.get(event.operation)?.take(event);
      if (event.type === 'result') void end();
    },
  };
}

/** The operations of one service as one task. */
class Section {
  readonly operations: readonly Operation[];
  readonly #name: string;
  readonly #finished = Promise.withResolvers<void>();
  readonly #titles = new Map<string, string>();
  #failure: Error | undefined;
  #task: Task | undefined;
  #ended = 0;

  constructor(name: string, operations: readonly Operation[]) {
    this.#name = name;
    this.operations = operations;
  }

  get title(): string {
    return `${printable(this.#name)}  ${this.#ended}/${this.operations.length}`;
  }

  /** What listr2 runs: over when every operation is. */
  run(task: Task): Promise<void> {
    this.#task = task;
    return this.#finished.promise;
  }

  take(event: Extract<ApplyEvent, {operation: string}>): void {
    if (event.type === 'operation-started') {
      this.#titles.set(event.operation, event.title);
      this.say(event.title);
      return;
    }
    const title = this.#titles.get(event.operation) ?? event.operation;
    if (event.type === 'operation-progress') this.say(`${title}: ${progressText(event)}`);
    if (event.type === 'operation-retried') this.say(`${title}, attempt ${event.attempt}: ${event.message}`);
    if (event.type === 'operation-finished') this.#finish(event, title);
  }

  #finish({outcome, message}: Extract<ApplyEvent, {type: 'operation-finished'}>, title: string): void {
    this.#ended += 1;
    if (outcome === 'failed') this.#failure = new Error(printable(`${title}: ${message ?? 'failed'}`));
    if (this.#task) this.#task.title = this.title;
    if (this.#ended === this.operations.length) this.end();
  }

  end(): void {
    if (this.#failure) this.#finished.reject(this.#failure);
    else this.#finished.resolve();
  }

  /** Shown below the service until something else is. */
  say(text: string): void {
    if (this.#task) this.#task.output = printable(text);
  }
}

/** Draws on standard error, and leaves standard output alone. Resolves when every task has ended, failed or not. */
async function draw(sections: readonly Section[]): Promise<void> {
  const logger = new ListrLogger({processOutput: new ProcessOutput(process.stderr, process.stderr)});
  const list = new Listr(
    sections.map(section => ({title: section.title, task: (_, task) => section.run(task)})),
    {
      concurrent: true,
      exitOnError: false,
      registerSignalListeners: false,
      rendererOptions: {logger, collapseErrors: false, showErrorMessage: true, formatOutput: 'truncate'},
    },
  );
  await list.run();
}
