import {Readable} from 'node:stream';
import type {Coordinator, LogOptions} from '../../../src/engine/coordinator/coordinator.ts';
import type {Environments} from '../../../src/engine/coordinator/environments/environments.ts';
import type {LogLine} from '../../../src/engine/coordinator/log-line.ts';
import type {EventRow, Store} from '../../../src/engine/coordinator/store/store.ts';
import {hasEnded} from '../../../src/engine/coordinator/workload-states.ts';

/**
 * Not a coordinator: it decides nothing and runs nothing. It hands on to a real store what a coordinator hands on, and
 * tells of events as they appear there; lines and checkpoints are what a test put into it. For tests of what the API
 * itself does; `api-of-coordinator.test.ts` has the API before a real one.
 */
export class StandInCoordinator implements Coordinator {
  readonly id = 'stand-in';
  readonly store: Store;
  environments?: Environments;
  readonly lines = new Map<string, LogLine[]>();
  readonly checkpointFiles = new Map<string, string>();
  ready = true;
  /** Logs that are being read. */
  followers = 0;
  readonly #listeners = new Set<(event: EventRow) => void>();
  readonly #polling: NodeJS.Timeout;
  #seen = 0;
  #looking = false;

  constructor(store: Store) {
    this.store = store;
    this.#polling = setInterval(() => void this.#look(), 5);
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const events = await this.store.events('everyone', {after: this.#seen, limit: 1000}).catch(() => []);
    for (const event of events) {
      this.#seen = event.seq;
      for (const listener of this.#listeners) listener(event);
    }
    this.#looking = false;
  }

  leads = () => true;
  check = () => {};
  submit: Coordinator['submit'] = submissions => this.store.submit(submissions);
  ask: Coordinator['ask'] = (scope, id, wish, actor) => this.store.ask(scope, id, wish, actor);

  why: Coordinator['why'] = async (scope, id) => {
    const row = await this.store.workload(scope, id);
    const rejected = [{reason: 'memory', workers: 1, some: ['h1']}];
    return row && {id, state: row.state, text: 'waits for a place', waits: [], rejected, position: 1};
  };

  logs: Coordinator['logs'] = async (scope, id, options) => {
    const row = await this.store.workload(scope, id);
    return row && this.#linesOf(id, {...options, attempt: options.attempt ?? row.attempt});
  };

  /** As the real one: until the attempt has ended. */
  async *#linesOf(id: string, {follow, attempt, after, signal}: LogOptions): AsyncGenerator<LogLine> {
    let last = after === undefined ? -1 : Number(after);
    this.followers++;
    try {
      for (;;) {
        const row = await this.store.workload('everyone', id);
        const over = !follow || row === undefined || hasEnded(row.state) || row.attempt > (attempt ?? 0);
        for (const line of this.lines.get(id) ?? []) {
          if (line.attempt !== attempt || Number(line.id) <= last) continue;
          last = Number(line.id);
          yield line;
        }
        if (over || signal.aborted) return;
        await new Promise(resolve => setTimeout(resolve, 5));
      }
    } finally {
      this.followers--;
    }
  }

  checkpointNow: Coordinator['checkpointNow'] = async (scope, id) => (await this.store.checkpoints(scope, id))[0];

  openCheckpoint: Coordinator['openCheckpoint'] = async (scope, id, number) => {
    const known = (await this.store.checkpoints(scope, id)).some(each => each.number === number);
    return known ? Readable.from([Buffer.from(this.checkpointFiles.get(id) ?? '')]) : undefined;
  };

  restore: Coordinator['restore'] = (scope, id, number, actor) => this.store.restore(scope, id, number, actor);

  restoreAsNew: Coordinator['restoreAsNew'] = async (scope, id) => this.store.workload(scope, id);

  figures: Coordinator['figures'] = async (scope, limit) =>
    (await this.store.workloads(scope, {limit})).items.map(row => ({row, cpu: 0.5, memory: 2 ** 20}));

  workers: Coordinator['workers'] = async () =>
    (await this.store.workers()).map(row => ({...row, condition: 'well' as const, running: 0}));

  drain: Coordinator['drain'] = (worker, drained, actor, stop) => this.store.setDrained(worker, drained, actor, stop);

  subscribe: Coordinator['subscribe'] = listener => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  get listeners(): number {
    return this.#listeners.size;
  }

  health: Coordinator['health'] = () => ({
    ready: this.ready,
    checks: [{name: 'database', ok: this.ready, detail: 'of this machine'}],
  });

  reconfigure: Coordinator['reconfigure'] = () => {};

  stop: Coordinator['stop'] = async () => {
    clearInterval(this.#polling);
  };
}
